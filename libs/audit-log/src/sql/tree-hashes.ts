import type { Statement, Tx } from '@integument/database';
import { HASH_BYTES, isSize, TILE_WIDTH, type TileSpan } from '../core/index.js';

/** The tables don't hold what this part of the tree is made of: changed by hand, or not filled in yet. */
export class TreeIncomplete extends Error {
  override readonly name = 'TreeIncomplete';
  readonly code = 'audit.tree_incomplete';
}

// The newest size comes along, even if no hash was asked for: one round trip. A leaf's hash stands beside its entry, or, once
// that has gone into the archive, in a tile of hashes. The limits cut nothing: without them the planner takes a range of unknown
// length for a part of the whole log, and compiles the statement each time to be quicker.
const HASHES: Statement = {
  name: 'audit_hashes',
  text: `
  SELECT head.size, run.hashes
  FROM (SELECT max(size) AS size FROM audit_checkpoint) AS head
  LEFT JOIN LATERAL (
    SELECT span.number, part.hashes
    FROM unnest($1::smallint[], $2::bigint[], $3::bigint[]) WITH ORDINALITY AS span (level, first, past, number)
    CROSS JOIN LATERAL (
      SELECT string_agg(hash, ''::bytea ORDER BY index) AS hashes FROM (
        (SELECT position AS index, leaf_hash AS hash FROM audit_entry
         WHERE span.level = 0 AND position >= span.first AND position < span.past ORDER BY position LIMIT ${TILE_WIDTH})
        UNION ALL
        (SELECT index, hash FROM audit_node
         WHERE span.level > 0 AND level = span.level AND index >= span.first AND index < span.past
         ORDER BY index LIMIT ${TILE_WIDTH})
        UNION ALL
        SELECT index * ${TILE_WIDTH}, substring(hashes
          FROM 1 + ${HASH_BYTES} * (span.first % ${TILE_WIDTH})::integer FOR ${HASH_BYTES} * (span.past - span.first)::integer)
        FROM audit_leaf_tile WHERE span.level = 0 AND index = span.first / ${TILE_WIDTH}
      ) AS found
    ) AS part
  ) AS run ON true
  ORDER BY run.number`,
};

/**
 * Reads hashes of the tree from the tables, in one statement.
 * @param spans each within one tile
 * @returns the newest checkpoint's size, null before the first; and for each span its hashes, 32 bytes each, undefined where
 * they are not all there
 */
export async function readHashes(
  tx: Tx,
  spans: readonly TileSpan[],
): Promise<{ size: number | null; hashes: (Buffer | undefined)[] }> {
  const rows = await tx.query<{ size: string | null; hashes: Buffer | null }>(HASHES, [
    spans.map(({ level }) => level),
    spans.map(({ first }) => first),
    spans.map(({ end }) => end),
  ]);
  const size = rows[0]?.size ?? null;
  if (size !== null && !isSize(Number(size))) throw new TreeIncomplete('the newest checkpoint has no size');
  const hashes = spans.map(({ first, end }, at) => {
    const found = rows[at]?.hashes;
    return found?.length === (end - first) * HASH_BYTES ? found : undefined;
  });
  return { size: size === null ? null : Number(size), hashes };
}
