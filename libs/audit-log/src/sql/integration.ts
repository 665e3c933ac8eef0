import type { Statement, Tx } from '@integument/database';
import { type Checkpoint, Frontier, leafHash, signCheckpoint, signHandover } from '../core/index.js';
import { AuditLogInconsistent, assertContinues } from './continuity.js';
import { drain, readLeaves } from './drain.js';
import {
  keysToNote,
  LAST_SIGNED,
  type LastOpened,
  type LastSigned,
  type LogKeys,
  openLastSigned,
  rotationEntry,
} from './key-chain.js';
import { collectNodes, nodeParameters, nodesInsert, type TreeNode } from './tree-nodes.js';

/** Whether there is work: cheap where there is none. */
export const HAS_WORK: Statement = {
  name: 'audit_has_work',
  text: `
  SELECT EXISTS (SELECT FROM audit_staging) OR NOT EXISTS (SELECT FROM audit_checkpoint) AS work`,
};

const LOCK_HEAD: Statement = {
  name: 'audit_lock_head',
  text: 'SELECT size, frontier FROM audit_head FOR UPDATE',
};

const STORE_ENTRY: Statement = {
  name: 'audit_store_entry',
  text: 'INSERT INTO audit_entry (position, leaf_hash, entry) VALUES ($1::bigint, $2::bytea, $3::bytea)',
};

const ADVANCE: Statement = {
  name: 'audit_advance',
  text: `
  WITH head AS (UPDATE audit_head SET size = $1::bigint, frontier = $2::bytea),
  nodes AS (${nodesInsert(6)}),
  keys AS (INSERT INTO audit_key (vkey, from_size) SELECT * FROM unnest($9::text[], $10::bigint[]))
  INSERT INTO audit_checkpoint (size, root, note, signed_at) VALUES ($1::bigint, $3::bytea, $4, $5::timestamptz)`,
};

export interface BatchOptions extends LogKeys {
  /** entries in a batch at most */
  readonly limit: number;
  readonly now: Date;
  /** the newest head that this process has seen, if any */
  readonly known: Checkpoint | undefined;
}

export interface Batch {
  /** staged entries that it moved */
  readonly moved: number;
  /** whether it left entries that were committed when it looked */
  readonly more: boolean;
  /** the signed head after it */
  readonly head: Checkpoint;
  /** false while the log is being given the nodes of entries from before there were nodes */
  readonly nodesWhole: boolean;
}

/**
 * Moves at most one batch of committed entries into the tree and signs the new head, all in the given transaction: killed at
 * any step, the database holds the state before or the state after. The head that is stored is always a signed one.
 *
 * If the log is the retired key's still, the batch is one entry that says that the key changes, and both keys sign its head.
 * @throws {AuditLogInconsistent}
 */
export async function integrateBatch(tx: Tx, options: BatchOptions): Promise<Batch> {
  const [row] = await tx.query<{ size: string; frontier: Buffer }>(LOCK_HEAD);
  if (!row) throw new AuditLogInconsistent('the log has no head');
  const frontier = Frontier.parse(row.frontier);
  const size = Number(row.size);
  // In a statement after the lock: one that waited for the lock would see checkpoints as they were before it.
  const last = openLastSigned(await lastSigned(tx, size, options), options);
  assertContinues({ size, frontier, signed: last.head, known: options.known });
  const { nodesWhole, retires } = last;
  if (retires) await storeRotation(tx, size, options);
  const { moved, more } = retires ? { moved: 0, more: true } : await drain(tx, size, options.limit);
  const end = size + (retires ? 1 : moved);
  if (end === size && last.head) return { moved, more, head: last.head, nodesWhole };
  const nodes: TreeNode[] = [];
  for await (const leaves of readLeaves(tx, size, end)) frontier.appendAll(leaves, collectNodes(nodes));
  const head = await advance(tx, { frontier, nodes: nodesWhole ? nodes : [], last, options });
  return { moved, more, head, nodesWhole };
}

async function lastSigned(tx: Tx, size: number, { signer }: LogKeys) {
  const [row] = await tx.query<LastSigned>(LAST_SIGNED, [size, signer.verifier.toString()]);
  if (!row) throw new AuditLogInconsistent('the last checkpoint could not be read');
  return row;
}

/** Stores the entry that says that the key changes. */
async function storeRotation(tx: Tx, size: number, options: BatchOptions): Promise<void> {
  const entry = rotationEntry(options).encode(options.now);
  await tx.query(STORE_ENTRY, [size, Buffer.from(leafHash(entry)), entry]);
}

async function advance(
  tx: Tx,
  {
    frontier,
    nodes,
    last,
    options,
  }: { frontier: Frontier; nodes: readonly TreeNode[]; last: LastOpened; options: BatchOptions },
): Promise<Checkpoint> {
  const { signer, retired, now } = options;
  const head = { origin: signer.name, size: frontier.size, root: frontier.root() };
  const note = last.retires && retired ? signHandover(head, retired, signer) : signCheckpoint(head, signer);
  const keys = keysToNote(last, options, head.size);
  await tx.query(ADVANCE, [
    head.size,
    Buffer.from(frontier.serialise()),
    Buffer.from(head.root),
    note,
    now,
    ...nodeParameters(nodes),
    keys.map(({ vkey }) => vkey),
    keys.map(({ fromSize }) => fromSize),
  ]);
  return head;
}
