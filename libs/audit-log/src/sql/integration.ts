import type { Statement, Tx } from '@integument/database';
import { type Checkpoint, Frontier, type NoteSigner, openCheckpoint, signCheckpoint } from '../core/index.js';

/** Whether there is work: cheap while idle. */
export const HAS_WORK: Statement = {
  name: 'audit_has_work',
  text: `
  SELECT EXISTS (SELECT FROM audit_staging) OR NOT EXISTS (SELECT FROM audit_checkpoint) AS work`,
};

const LOCK_HEAD: Statement = {
  name: 'audit_lock_head',
  text: 'SELECT size, frontier FROM audit_head FOR UPDATE',
};

const LAST_CHECKPOINT: Statement = {
  name: 'audit_last_checkpoint',
  text: 'SELECT note FROM audit_checkpoint ORDER BY size DESC LIMIT 1',
};

// One statement, so one snapshot, decides which rows are committed, deletes them, numbers them and stores them. A row that isn't
// committed yet stays and comes with a later batch: it delays nobody and is not lost. The order is causal: if A had
// committed when B was written, A's ordinal is smaller, and every snapshot that has B has A, so no later batch can hold it.
// For the same reason a limit may cut anywhere, as long as it takes the smallest ordinals.
//
// The entries' bytes never leave the database: PostgreSQL hashes them as they were staged, and only hashes come here.
const DRAIN: Statement = {
  name: 'audit_drain',
  text: `
  WITH cut AS MATERIALIZED (
    SELECT (SELECT ordinal FROM audit_staging ORDER BY ordinal OFFSET $2::bigint - 1 LIMIT 1) AS last
  ),
  drained AS (
    DELETE FROM audit_staging USING cut WHERE last IS NULL OR ordinal <= last RETURNING ordinal, entry
  ),
  numbered AS MATERIALIZED (
    SELECT $1::bigint - 1 + row_number() OVER (ORDER BY ordinal) AS position,
           sha256('\\x00'::bytea || entry) AS leaf_hash, entry
    FROM drained
  ),
  stored AS (
    INSERT INTO audit_entry (position, leaf_hash, entry) SELECT position, leaf_hash, entry FROM numbered
  )
  SELECT string_agg(leaf_hash, ''::bytea ORDER BY position) AS leaves FROM numbered`,
};

const ADVANCE: Statement = {
  name: 'audit_advance',
  text: `
  WITH head AS (UPDATE audit_head SET size = $1::bigint, frontier = $2::bytea)
  INSERT INTO audit_checkpoint (size, root, note, signed_at) VALUES ($1::bigint, $3::bytea, $4, $5::timestamptz)`,
};

/** What the database says of the log can't be what was signed before. Integration stops; nothing more is signed. */
export class AuditLogInconsistent extends Error {
  override readonly name = 'AuditLogInconsistent';
  readonly code = 'audit.inconsistent';
}

/**
 * Moves at most one batch of committed entries into the tree and signs the new head, all in the given transaction: killed at
 * any step, the database holds the state before or the state after. The head that is stored is always a signed one.
 * @param limit entries in a batch at most
 * @param known the newest head that this process has seen, if any
 * @returns the number of entries moved, and the head after them
 * @throws {AuditLogInconsistent}
 */
export async function integrateBatch(
  tx: Tx,
  {
    signer,
    limit,
    now,
    known,
  }: { signer: NoteSigner; limit: number; now: Date; known: Checkpoint | undefined },
): Promise<{ moved: number; head: Checkpoint }> {
  const [row] = await tx.query<{ size: string; frontier: Buffer }>(LOCK_HEAD);
  if (!row) throw new AuditLogInconsistent('the log has no head');
  const frontier = Frontier.parse(row.frontier);
  // In a statement after the lock: one that waited for the lock would see checkpoints as they were before it.
  const signed = await lastCheckpoint(tx, signer);
  assertHead(Number(row.size), frontier, signed, known);
  const [drained] = await tx.query<{ leaves: Buffer | null }>(DRAIN, [frontier.size, limit]);
  const leaves = drained?.leaves;
  if (!leaves && signed) return { moved: 0, head: signed };
  const before = frontier.size;
  if (leaves) frontier.appendAll(leaves);
  const head = { origin: signer.name, size: frontier.size, root: frontier.root() };
  const note = signCheckpoint(head, signer);
  await tx.query(ADVANCE, [head.size, Buffer.from(frontier.serialise()), Buffer.from(head.root), note, now]);
  return { moved: head.size - before, head };
}

async function lastCheckpoint(tx: Tx, signer: NoteSigner): Promise<Checkpoint | undefined> {
  const [row] = await tx.query<{ note: string }>(LAST_CHECKPOINT);
  if (!row) return undefined;
  try {
    return openCheckpoint(row.note, signer.verifier);
  } catch (cause) {
    throw new AuditLogInconsistent('the last checkpoint is not signed by the key of this log', { cause });
  }
}

// Whoever can write to the database could put a head of another history there and wait for it to be signed. So only
// a head that was signed before is continued.
function assertHead(
  size: number,
  frontier: Frontier,
  signed: Checkpoint | undefined,
  known: Checkpoint | undefined,
): void {
  const sizes = [size, frontier.size, signed?.size ?? 0];
  if (new Set(sizes).size > 1)
    throw new AuditLogInconsistent('head and last checkpoint have different sizes');
  if (signed && !sameRoot(signed, frontier)) {
    throw new AuditLogInconsistent('the head does not have the root that was signed');
  }
  if (!known) return;
  if (size < known.size) throw new AuditLogInconsistent('the log is shorter than this process has seen it');
  if (size === known.size && !sameRoot(known, frontier)) {
    throw new AuditLogInconsistent('the log has another root than this process has seen');
  }
}

function sameRoot(checkpoint: Checkpoint, frontier: Frontier): boolean {
  return Buffer.from(checkpoint.root).equals(frontier.root());
}
