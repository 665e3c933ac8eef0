import type { StandingOptOut } from '@integument/contracts';
import type { Tx } from '@integument/database';

export class StandingOptOutsStore {
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
