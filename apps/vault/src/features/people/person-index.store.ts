import { byteaArray, int2Array, type Tx } from '@integument/database';
import { type KnownPerson, PERSON, type PersonRow, toKnown } from './people.store.js';
import { digestColumns, type Indexed } from './person-index.js';

export interface PlanRow {
  readonly plan_id: number;
  readonly declaration: string;
  /** of each of its indexes, by definition */
  readonly ids: Readonly<Record<string, number>>;
  /** long enough that every process has looked since */
  readonly settled: boolean;
  /** No process with this declaration has been there for a while. */
  readonly abandoned: boolean;
}

/** Somebody whose digests are to be made anew; `erasing`: theirs are only to go. */
export type StalePerson = KnownPerson & { readonly erasing: boolean };

const UNDER_OTHERS = `p.search_plan = $1
  AND EXISTS (SELECT FROM person_index i WHERE i.person_id = p.person_id AND i.index_key <> $2)`;

/** Coarse indexes and the plan they follow. */
export class PersonIndexStore {
  /** Puts what stands about people in the place of all that stood there. In the transaction that changed them. */
  async replace(tx: Tx, people: readonly { personId: Buffer; indexed: Indexed | null }[]): Promise<void> {
    const ids = byteaArray(people.map(({ personId }) => personId));
    const rows = people.flatMap(({ personId, indexed }) =>
      (indexed?.rows ?? []).map((row) => ({ personId, ...row })),
    );
    await tx.query('DELETE FROM person_index WHERE person_id = ANY($1::bytea[])', [ids]);
    await tx.query(
      `UPDATE person p SET search_plan = s.plan FROM unnest($1::bytea[], $2::int2[]) AS s(person_id, plan)
       WHERE p.person_id = s.person_id`,
      [ids, int2Array(people.map(({ indexed }) => indexed?.plan ?? null))],
    );
    if (rows.length === 0) return;
    await tx.query(
      `INSERT INTO person_index (person_id, index_id, index_key, digest)
       SELECT * FROM unnest($1::bytea[], $2::int2[], $3::int2[], $4::bytea[])`,
      digestColumns(rows),
    );
  }

  /** The next people whom another plan made, or none, in the order of their ids; those whom somebody else has locked are left for later. */
  async lockStale(tx: Tx, plan: number | null, after: Buffer, limit: number): Promise<StalePerson[]> {
    const rows = await tx.query<PersonRow & { erasing: boolean }>(
      `SELECT ${PERSON}, NULL AS pseudonym, p.erasing FROM person p
       WHERE p.person_id > $2 AND p.search_plan IS DISTINCT FROM $1::int2
       ORDER BY p.person_id LIMIT $3 FOR NO KEY UPDATE OF p SKIP LOCKED`,
      [plan, after, limit],
    );
    return rows.map((row) => ({ ...toKnown(row), erasing: row.erasing }));
  }

  /** The same of those whom this plan made, and who have digests under another version of the index key. */
  async lockUnderOthers(
    tx: Tx,
    plan: number,
    indexKey: number,
    after: Buffer,
    limit: number,
  ): Promise<StalePerson[]> {
    const rows = await tx.query<PersonRow & { erasing: boolean }>(
      `SELECT ${PERSON}, NULL AS pseudonym, p.erasing FROM person p
       WHERE p.person_id > $3 AND ${UNDER_OTHERS}
       ORDER BY p.person_id LIMIT $4 FOR NO KEY UPDATE OF p SKIP LOCKED`,
      [plan, indexKey, after, limit],
    );
    return rows.map((row) => ({ ...toKnown(row), erasing: row.erasing }));
  }

  async countUnderOthers(tx: Tx, plan: number, indexKey: number): Promise<number> {
    const [row] = await tx.query<{ people: number }>(
      `SELECT count(*)::float8 AS people FROM person p WHERE ${UNDER_OTHERS}`,
      [plan, indexKey],
    );
    return row?.people ?? 0;
  }

  /** How many people there are, and of how many another plan made what stands about them. One look at the whole table. */
  async count(tx: Tx, plan: number | null): Promise<{ people: number; stale: number }> {
    const [row] = await tx.query<{ people: number; stale: number }>(
      `SELECT count(*) FILTER (WHERE NOT erasing)::float8 AS people,
         count(*) FILTER (WHERE search_plan IS DISTINCT FROM $1::int2)::float8 AS stale FROM person`,
      [plan],
    );
    return row ?? { people: 0, stale: 0 };
  }

  /** @param settledMs by the database's clock */
  async newestPlan(tx: Tx, settledMs: number): Promise<PlanRow | null> {
    const rows = await tx.query<PlanRow>(
      `SELECT plan_id, declaration,
         coalesce((SELECT jsonb_object_agg(definition, index_id) FROM search_index WHERE index_id = ANY(indexes)), '{}') AS ids,
         now() - enacted_at >= $1::float8 * interval '1 millisecond' AS settled,
         now() - seen_at > interval '3 minutes' AS abandoned
       FROM search_plan ORDER BY plan_id DESC LIMIT 1`,
      [settledMs],
    );
    return rows[0] ?? null;
  }

  /** Of two processes that enact something the second waits, and then sees what the first has done. */
  async lockPlans(tx: Tx): Promise<void> {
    await tx.query('LOCK TABLE search_plan IN SHARE ROW EXCLUSIVE MODE');
  }

  /** Puts a plan in force. An index that it shares with the one before keeps its rows, and its readiness. */
  async enact(tx: Tx, declaration: string, definitions: readonly string[]): Promise<void> {
    await tx.query('DELETE FROM search_index WHERE definition <> ALL($1)', [definitions]);
    await tx.query(
      `INSERT INTO search_index (definition) SELECT d FROM unnest($1::text[]) AS d
       WHERE NOT EXISTS (SELECT FROM search_index WHERE definition = d)`,
      [definitions],
    );
    await tx.query(
      `INSERT INTO search_plan (declaration, indexes)
       SELECT $1, coalesce((SELECT array_agg(index_id ORDER BY index_id) FROM search_index), '{}')`,
      [declaration],
    );
  }

  /** Says that a process with this plan's file is there: once a minute, however many there are. */
  async see(tx: Tx, plan: number): Promise<void> {
    const due = `seen_at < now() - interval '1 minute'`;
    await tx.query(`UPDATE search_plan SET seen_at = now() WHERE plan_id = $1 AND ${due}`, [plan]);
  }

  /** @returns how many there are that were not */
  async makeReady(tx: Tx, indexes: readonly number[]): Promise<number> {
    const rows = await tx.query(
      'UPDATE search_index SET ready = true WHERE index_id = ANY($1) AND NOT ready RETURNING index_id',
      [indexes],
    );
    return rows.length;
  }

  async areReady(tx: Tx, indexes: readonly number[]): Promise<boolean> {
    const rows = await tx.query('SELECT FROM search_index WHERE index_id = ANY($1) AND ready', [indexes]);
    return rows.length === indexes.length;
  }
}
