import type { LateRefusal, PurposeName } from '@integument/contracts';
import { randomId } from '@integument/crypto';
import { byteaArray, type Tx } from '@integument/database';

export interface WaitingOpening {
  readonly gate_id: Buffer;
  readonly notice: Buffer;
  readonly given_on: string;
}

/** An import whose person is held against erasure, with what there is of its gate's permit. */
export interface HeldOpening {
  readonly gate_id: Buffer;
  readonly person_id: Buffer;
  readonly person_subject: Buffer;
  /** null while there is no permit; destroyed also where the gate was closed before it had one */
  readonly state: 'open' | 'frozen' | 'declined' | 'destroyed' | null;
  readonly epoch: number | null;
  readonly pseudonym: Buffer | null;
  readonly subject: Buffer | null;
  /** whether the person ended the purpose here after what is imported */
  readonly has_ended: boolean;
}

/** Which import it was of, and about whom an entry of it is. */
export interface RefusedOpening {
  readonly import_id: Buffer;
  readonly subject: Buffer;
}

const PAGE = {
  name: 'consent_imports.page',
  text: `SELECT gate_id, notice, given_on::text FROM imported_opening
    WHERE purpose = $1 AND gate_id > $2 ORDER BY gate_id LIMIT $3`,
};

// The person first, as an erasure does.
const HOLD = {
  name: 'consent_imports.hold',
  text: `
    SELECT o.gate_id, o.person_id, p.subject AS person_subject, t.state, t.epoch, t.pseudonym, t.subject,
      EXISTS (SELECT FROM permit_ended e WHERE e.person_id = o.person_id AND e.purpose = o.purpose
        AND e.ended_on >= o.given_on) AS has_ended
    FROM imported_opening o JOIN person p USING (person_id) LEFT JOIN permit t ON t.gate_id = o.gate_id
    WHERE o.purpose = $1 AND o.gate_id = ANY($2::bytea[]) AND NOT p.erasing
    ORDER BY p.person_id FOR SHARE OF p`,
};

/** What still has to be opened, as the data plane asks for it. */
export class ImportedOpeningsStore {
  /** One of the purposes that something waits for; any, so that one that gets nowhere doesn't hide the others. */
  async findPurpose(tx: Tx, purposes: readonly PurposeName[]): Promise<PurposeName | null> {
    const rows = await tx.query<{ purpose: PurposeName }>(
      `SELECT name AS purpose FROM unnest($1::text[]) AS known (name)
       WHERE EXISTS (SELECT FROM imported_opening WHERE purpose = name) ORDER BY random() LIMIT 1`,
      [[...purposes]],
    );
    return rows[0]?.purpose ?? null;
  }

  findPage(tx: Tx, purpose: PurposeName, after: Buffer, most: number): Promise<WaitingOpening[]> {
    return tx.query<WaitingOpening>(PAGE, [purpose, after, most]);
  }

  hold(tx: Tx, purpose: PurposeName, gates: readonly Buffer[]): Promise<HeldOpening[]> {
    return tx.query<HeldOpening>(HOLD, [purpose, byteaArray(gates)]);
  }

  /** Nothing has to be opened any more. What is refused proves nothing, so what would have proved it goes. @returns whose it was */
  async refuse(
    tx: Tx,
    purpose: PurposeName,
    gates: readonly Buffer[],
    code: LateRefusal,
  ): Promise<RefusedOpening[]> {
    if (gates.length === 0) return [];
    return tx.query<RefusedOpening>(
      `WITH gone AS (
         DELETE FROM imported_opening WHERE purpose = $1 AND gate_id = ANY($2::bytea[]) RETURNING import_id, at, person_id),
       refused AS (
         UPDATE consent_record r SET refused = $3, evidence = NULL FROM gone
         WHERE r.import_id = gone.import_id AND r.at = gone.at RETURNING r.import_id)
       SELECT import_id, subject FROM gone JOIN person USING (person_id) ORDER BY person_id`,
      [purpose, byteaArray(gates), code],
    );
  }

  async remove(tx: Tx, purpose: PurposeName, gates: readonly Buffer[]): Promise<void> {
    if (gates.length === 0) return;
    await tx.query('DELETE FROM imported_opening WHERE purpose = $1 AND gate_id = ANY($2::bytea[])', [
      purpose,
      byteaArray(gates),
    ]);
  }

  /** A gate was closed before the vault had heard of it, and is spent: the import goes on under another name. */
  async rename(tx: Tx, purpose: PurposeName, gates: readonly Buffer[]): Promise<void> {
    if (gates.length === 0) return;
    await tx.query(
      `UPDATE imported_opening o SET gate_id = fresh FROM unnest($2::bytea[], $3::bytea[]) AS names (spent, fresh)
       WHERE o.purpose = $1 AND o.gate_id = spent`,
      [purpose, byteaArray(gates), byteaArray(gates.map(() => randomId()))],
    );
  }
}
