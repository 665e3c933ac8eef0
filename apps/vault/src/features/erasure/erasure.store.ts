import type { Regions } from '@integument/authz';
import type { ERASURE_STATES } from '@integument/contracts';
import type { Tx } from '@integument/database';
import { inRegions } from '../people/index.js';
import { DESTROYED } from '../permits/index.js';

export type ErasureState = (typeof ERASURE_STATES)[number];

export interface ErasureRow {
  readonly erasure_id: Buffer;
  readonly person_id: Buffer | null;
  readonly claim: Buffer;
  readonly state: ErasureState;
  readonly gates: Buffer[];
  readonly sessions: Buffer[];
  readonly keys_destroyed: number;
  readonly requested_on: string;
  /** null until the keys are destroyed, and of erasures from before this was written down */
  readonly key_versions: number[] | null;
}

export interface ErasedPerson {
  readonly person_id: Buffer;
  /** what the audit log says in their place */
  readonly subject: Buffer;
}

/** A person with what opens their commitment, before it goes. */
export interface LastSeenPerson extends ErasedPerson {
  readonly domain_key: number;
  readonly wrapped_key: Buffer;
  readonly subject_salt: Buffer | null;
}

const COLUMNS =
  'erasure_id, person_id, claim, state, gates, sessions, keys_destroyed, requested_on::text, key_versions';

export class ErasureStore {
  async findPersonByPseudonym(
    tx: Tx,
    clientId: string,
    pseudonym: Buffer,
    regions: Regions,
  ): Promise<Buffer | null> {
    const rows = await tx.query<{ person_id: Buffer }>(
      `SELECT person_id FROM client_pseudonym JOIN person p USING (person_id)
       WHERE pseudonym = $1 AND client_id = $2 AND ${inRegions('$3')}`,
      [pseudonym, clientId, regions],
    );
    return rows[0]?.person_id ?? null;
  }

  /** Marks the person, so that nothing else begins with them. Null where there is nobody, or it has begun already. */
  async markErasing(tx: Tx, personId: Buffer): Promise<ErasedPerson | null> {
    const rows = await tx.query<ErasedPerson>(
      `UPDATE person SET erasing = true WHERE person_id = $1 AND NOT erasing RETURNING person_id, subject`,
      [personId],
    );
    return rows[0] ?? null;
  }

  async insert(tx: Tx, erasureId: Buffer, personId: Buffer, claim: Buffer): Promise<void> {
    await tx.query(
      `INSERT INTO erasure (erasure_id, person_id, claim, state, gates, sessions) VALUES ($1, $2, $3, 'requested',
         coalesce((SELECT array_agg(gate_id) FROM permit WHERE person_id = $2), '{}'),
         coalesce((SELECT array_agg(session) FROM api_session WHERE person_id = $2), '{}'))`,
      [erasureId, personId, claim],
    );
  }

  async find(tx: Tx, erasureId: Buffer): Promise<ErasureRow | null> {
    const rows = await tx.query<ErasureRow>(`SELECT ${COLUMNS} FROM erasure WHERE erasure_id = $1`, [
      erasureId,
    ]);
    return rows[0] ?? null;
  }

  async lock(tx: Tx, erasureId: Buffer): Promise<ErasureRow | null> {
    const rows = await tx.query<ErasureRow>(
      `SELECT ${COLUMNS} FROM erasure WHERE erasure_id = $1 FOR UPDATE`,
      [erasureId],
    );
    return rows[0] ?? null;
  }

  /** Some that wait; in any order, so that a hundred that keep failing cannot hide the others. */
  async findUnfinished(tx: Tx): Promise<ErasureRow[]> {
    return tx.query<ErasureRow>(
      `SELECT ${COLUMNS} FROM erasure WHERE state <> 'completed' ORDER BY random() LIMIT 100`,
    );
  }

  async findPerson(tx: Tx, personId: Buffer): Promise<LastSeenPerson | null> {
    const rows = await tx.query<LastSeenPerson>(
      'SELECT person_id, subject, domain_key, wrapped_key, subject_salt FROM person WHERE person_id = $1 FOR UPDATE',
      [personId],
    );
    return rows[0] ?? null;
  }

  /**
   * Destroys every key of the person and everything that leads to them. Values, names, accounts and sessions go with
   * the person's row.
   *
   * What is noted: each version under which anything of theirs may lie in some backup, digests, the model that was made with them and
   * kept replies included. Not one that had been replaced before they were enrolled, by a day, wherever a session's midnight is, and
   * a day for processes that didn't know: somebody else's row that stays under it would keep every certificate waiting.
   * @returns how many keys there were
   */
  async destroyKeys(tx: Tx, erasure: ErasureRow): Promise<number> {
    const [permits] = await tx.query<{ keys: number }>(
      // What was declined never had one.
      `WITH alive AS (SELECT gate_id, state FROM permit WHERE person_id = $1 AND state <> 'destroyed' FOR UPDATE),
         gone AS (UPDATE permit SET ${DESTROYED}, epoch = epoch + 1 FROM alive WHERE permit.gate_id = alive.gate_id)
       SELECT count(*) FILTER (WHERE state <> 'declined')::int AS keys FROM alive`,
      [erasure.person_id],
    );
    const keys = (permits?.keys ?? 0) + 1;
    await tx.query(
      `UPDATE erasure SET state = 'keys-destroyed', person_id = NULL, keys_destroyed = $2, key_versions = (
         SELECT array_agg(key_id ORDER BY key_id) FROM domain_key
         WHERE domain IN ('person', 'permit', 'index', 'model', 'session') AND state IN ('current', 'retiring')
           AND (retired_at IS NULL OR retired_at >= (SELECT enrolled_on FROM person WHERE person_id = $3) - interval '2 days'))
       WHERE erasure_id = $1`,
      [erasure.erasure_id, keys, erasure.person_id],
    );
    await tx.query('DELETE FROM person WHERE person_id = $1', [erasure.person_id]);
    return keys;
  }

  /** The commitments to the person's permits, while they are known. */
  async findSubjects(tx: Tx, personId: Buffer): Promise<Buffer[]> {
    const rows = await tx.query<{ subject: Buffer }>(
      `SELECT subject FROM permit WHERE person_id = $1 AND subject IS NOT NULL AND state <> 'destroyed' FOR UPDATE`,
      [personId],
    );
    return rows.map(({ subject }) => subject);
  }

  async complete(tx: Tx, erasureId: Buffer): Promise<void> {
    await tx.query(
      `UPDATE erasure SET state = 'completed', gates = '{}', sessions = '{}' WHERE erasure_id = $1`,
      [erasureId],
    );
  }
}
