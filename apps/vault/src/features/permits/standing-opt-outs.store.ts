import type { StandingOptOut } from '@integument/contracts';
import type { Tx } from '@integument/database';

/** Whose opt-out it is. */
interface OptingOut {
  readonly person_id: Buffer;
  readonly subject: Buffer;
}

export class StandingOptOutsStore {
  /** Whose session it is or was, locked against erasure; null also where they are being erased. */
  async lockPersonOf(tx: Tx, session: Buffer): Promise<OptingOut | null> {
    const rows = await tx.query<OptingOut>(
      `SELECT p.person_id, p.subject FROM opt_out_session s JOIN person p USING (person_id)
       WHERE s.session = $1 AND NOT p.erasing FOR SHARE OF p`,
      [session],
    );
    return rows[0] ?? null;
  }

  /** Whether it was somebody's who could opt out, and it isn't long over. */
  async remembers(tx: Tx, session: Buffer): Promise<boolean> {
    const rows = await tx.query('SELECT 1 FROM opt_out_session WHERE session = $1', [session]);
    return rows.length === 1;
  }

  /** The later day counts: messages may come late, and twice. */
  async keep(tx: Tx, personId: Buffer, { kind, onDay, channel }: StandingOptOut): Promise<void> {
    await tx.query(
      `INSERT INTO opt_out (person_id, kind, on_day, channel) VALUES ($1, $2, $3, $4)
       ON CONFLICT ON CONSTRAINT opt_out_pk DO UPDATE SET on_day = excluded.on_day, channel = excluded.channel
         WHERE opt_out.on_day < excluded.on_day`,
      [personId, kind, onDay, channel],
    );
  }

  async findOf(tx: Tx, personId: Buffer): Promise<StandingOptOut[]> {
    return tx.query<StandingOptOut>(
      `SELECT kind, on_day::text AS "onDay", channel FROM opt_out WHERE person_id = $1 ORDER BY kind`,
      [personId],
    );
  }
}
