import { byteaArray, type Statement, type Tx } from '@integument/database';
import { TILE_WIDTH } from '../core/index.js';

const STATE: Statement = {
  name: 'audit_archive_state',
  text: `
  SELECT newest.size, newest.note,
    (SELECT max(size) FROM audit_archive) AS archived,
    (SELECT max(index) + 1 FROM audit_leaf_tile) AS removed,
    last.position AS followed, last.name AS follower
  FROM (SELECT size, note FROM audit_checkpoint ORDER BY size DESC LIMIT 1) AS newest
  LEFT JOIN (SELECT name, position FROM audit_follower ORDER BY position, name LIMIT 1) AS last ON true`,
};
const SIGNED_BEFORE: Statement = {
  name: 'audit_archive_before',
  text: 'SELECT size FROM audit_checkpoint WHERE signed_at < $1::timestamptz ORDER BY size DESC LIMIT 1',
};
const NEWEST: Statement = {
  name: 'audit_archive_newest',
  text: 'SELECT size, root, note FROM audit_archive ORDER BY size DESC LIMIT 1',
};
const FIND: Statement = {
  name: 'audit_archive_find',
  text: 'SELECT size, root, note FROM audit_archive WHERE note = $1',
};
const RECORD: Statement = {
  name: 'audit_archive_record',
  text: 'INSERT INTO audit_archive (size, root, note, archived_at) VALUES ($1::bigint, $2::bytea, $3, $4::timestamptz)',
};
const KEEP_HASHES: Statement = {
  name: 'audit_archive_keep',
  text: `
  INSERT INTO audit_leaf_tile (index, hashes)
  SELECT $1::bigint - 1 + number, hashes FROM unnest($2::bytea[]) WITH ORDINALITY AS tile (hashes, number)`,
};
// Sees the hashes that the statement before has kept: the table's trigger lets nothing else go.
const REMOVE: Statement = {
  name: 'audit_archive_remove',
  text: `
  WITH gone AS (DELETE FROM audit_entry WHERE position >= $1::bigint AND position < $2::bigint RETURNING 1)
  SELECT count(*) FROM gone`,
};

const FORGET_INDEX: Statement = {
  name: 'audit_archive_forget_index',
  text: 'DELETE FROM audit_index WHERE position < $1::bigint',
};

/** How far a log has been archived. Sizes are entries from the log's beginning. */
export interface ArchiveState {
  /** the newest checkpoint */
  readonly signed: { readonly size: number; readonly note: string };
  readonly archived: number;
  /** of these the entries have left the database */
  readonly removed: number;
  /** all followers have done with these */
  readonly followed: number;
  /** which of them has come least far; null where there is none */
  readonly follower: string | null;
}

/** A checkpoint that was signed for the archive. */
export interface ArchivedHead {
  readonly size: number;
  readonly root: Buffer;
  readonly note: string;
}

/** @returns null before the first checkpoint */
export async function readState(tx: Tx): Promise<ArchiveState | null> {
  type Row = Record<'size' | 'note', string> &
    Record<'archived' | 'removed' | 'followed' | 'follower', string | null>;
  const [row] = await tx.query<Row>(STATE);
  if (!row) return null;
  return {
    signed: { size: Number(row.size), note: row.note },
    archived: Number(row.archived),
    removed: Number(row.removed) * TILE_WIDTH,
    followed: row.followed === null ? Number.POSITIVE_INFINITY : Number(row.followed),
    follower: row.follower,
  };
}

/** @returns how many entries were under a checkpoint before that time */
export async function signedBefore(tx: Tx, time: Date): Promise<number> {
  const [row] = await tx.query<{ size: string }>(SIGNED_BEFORE, [time]);
  return Number(row?.size ?? 0);
}

export async function newestArchive(tx: Tx): Promise<ArchivedHead | undefined> {
  return toHead(await tx.query(NEWEST));
}

export async function findArchive(tx: Tx, note: string): Promise<ArchivedHead | undefined> {
  return toHead(await tx.query(FIND, [note]));
}

function toHead([row]: Record<string, unknown>[]): ArchivedHead | undefined {
  if (!row) return undefined;
  const { size, root, note } = row as { size: string; root: Buffer; note: string };
  return { size: Number(size), root, note };
}

export async function recordArchive(tx: Tx, head: ArchivedHead, at: Date): Promise<void> {
  await tx.query(RECORD, [head.size, head.root, head.note, at]);
}

/**
 * Takes whole bundles out of the database and keeps their leaf hashes.
 * @param first index of the first bundle
 * @param tiles leaf hashes of it and those behind it
 * @returns the number of entries that went
 */
export async function removeBundles(tx: Tx, first: number, tiles: readonly Uint8Array[]): Promise<number> {
  await tx.query(KEEP_HASHES, [first, byteaArray(tiles)]);
  const range = [first * TILE_WIDTH, (first + tiles.length) * TILE_WIDTH];
  const [row] = await tx.query<{ count: string }>(REMOVE, range);
  return Number(row?.count);
}

/** Removes what archived entries were found by. @param size the archive's */
export async function forgetIndex(tx: Tx, size: number): Promise<void> {
  await tx.query(FORGET_INDEX, [size]);
}
