import type { Statement, Tx } from '@integument/database';
import { HASH_BYTES } from '../core/index.js';
import { AuditLogInconsistent } from './continuity.js';

// One statement, so one snapshot, decides which rows are committed, numbers them, stores them and deletes them. A row that isn't
// committed yet stays and comes with a later batch: it delays nobody and is not lost. The order is causal: if A had
// committed when B was written, A's ordinal is smaller, and every snapshot that has B has A, so no later batch can hold it.
// For the same reason a limit may cut anywhere, as long as it takes the smallest ordinals. No two rows have the same, so that
// those below the smallest plus the limit are no more than the limit: that costs no sorting of all that waits.
//
// Reading the rows a second time is cheaper than handing them on from where they are deleted. Both parts see the same ones: whoever
// else may delete any holds the head's lock.
//
// The entries' bytes never leave the database: PostgreSQL hashes them as they were staged.
const DRAIN: Statement = {
  name: 'audit_drain',
  text: `
  WITH cut AS MATERIALIZED (
    SELECT min(ordinal) + $2::bigint AS next, max(ordinal) AS last FROM audit_staging
  ),
  gone AS (
    DELETE FROM audit_staging USING cut WHERE ordinal < next
  ),
  stored AS (
    INSERT INTO audit_entry (position, leaf_hash, entry)
    SELECT $1::bigint - 1 + row_number() OVER (ORDER BY ordinal), sha256('\\x00'::bytea || entry), entry
    FROM audit_staging, cut WHERE ordinal < next
    RETURNING 1
  )
  SELECT count(*)::integer AS moved, (SELECT coalesce(last >= next, false) FROM cut) AS more FROM stored`,
};

// What one batch sorts and holds fits: written to files meanwhile it takes a fifth longer.
const ROOM = `SET LOCAL work_mem = '64MB'`;

/** Leaf hashes in one read: while the next are on their way these are hashed on. */
const RUN = 8_192;

// The limit cuts nothing: without it the planner takes a range of unknown length for a part of the whole log.
const LEAVES: Statement = {
  name: 'audit_leaves',
  text: `
  SELECT string_agg(leaf_hash, ''::bytea ORDER BY position) AS leaves FROM (
    SELECT position, leaf_hash FROM audit_entry WHERE position >= $1::bigint AND position < $2::bigint
    ORDER BY position LIMIT ${RUN}) AS run`,
};

export interface Drained {
  /** entries that were moved to the log's end */
  readonly moved: number;
  /** whether the limit left some that were committed */
  readonly more: boolean;
}

/** Moves the committed entries with the smallest ordinals, at most `limit`, behind the log's `size` entries. Needs the head's lock. */
export async function drain(tx: Tx, size: number, limit: number): Promise<Drained> {
  await tx.query(ROOM);
  const [drained] = await tx.query<Drained>(DRAIN, [size, limit]);
  if (!drained) throw new AuditLogInconsistent('the drain said nothing');
  return drained;
}

/** The leaf hashes of the entries [from, end), 32 bytes each, in runs. @throws {AuditLogInconsistent} where one is not there */
export async function* readLeaves(tx: Tx, from: number, end: number): AsyncGenerator<Buffer> {
  const read = (at: number) => readRun(tx, at, Math.min(at + RUN, end));
  for (let at = from, next = at < end ? read(at) : undefined; next; at += RUN) {
    const leaves = await next;
    next = at + RUN < end ? read(at + RUN) : undefined;
    // Its failure is told where it is awaited, if it comes to that.
    next?.catch(() => undefined);
    yield leaves;
  }
}

async function readRun(tx: Tx, from: number, end: number): Promise<Buffer> {
  const [row] = await tx.query<{ leaves: Buffer | null }>(LEAVES, [from, end]);
  if (row?.leaves?.length !== (end - from) * HASH_BYTES) {
    throw new AuditLogInconsistent('an entry that was just stored has no leaf hash');
  }
  return row.leaves;
}
