import { byteaArray, int2Array, type Statement, type Tx, type UnitOfWork } from '@integument/database';
import { type OnSubtree, parseHashes, subtreeRoot, TILE_HEIGHT, TILE_WIDTH } from '../core/index.js';
import { readHashes } from './tree-hashes.js';

/** Root of a whole subtree of 256^level entries, the index-th of its level. */
export interface TreeNode {
  readonly level: number;
  readonly index: number;
  readonly hash: Uint8Array;
}

/** Levels above the entries that a log can grow to: 256^6 entries are as many as a double counts exactly. */
const LEVELS = 6;

/**
 * Stores nodes: three parameters from the given number on, as {@link nodeParameters} writes them. A node that is there already
 * stays: it follows from the entries, and even a false one must not keep new entries from being signed.
 */
export function nodesInsert(parameter: number): string {
  const [levels, indexes, hashes] = [parameter, parameter + 1, parameter + 2];
  return `INSERT INTO audit_node (level, index, hash)
    SELECT * FROM unnest($${levels}::smallint[], $${indexes}::bigint[], $${hashes}::bytea[]) ON CONFLICT DO NOTHING`;
}

export function nodeParameters(nodes: readonly TreeNode[]): [Buffer, number[], Buffer] {
  return [
    int2Array(nodes.map(({ level }) => level)),
    nodes.map(({ index }) => index),
    byteaArray(nodes.map(({ hash }) => hash)),
  ];
}

/** Keeps of the subtrees that a growing tree completes those that are stored. */
export function collectNodes(into: TreeNode[]): OnSubtree {
  return (height, index, hash) => {
    if (height % TILE_HEIGHT === 0) into.push({ level: height / TILE_HEIGHT, index, hash });
  };
}

/** Whether all nodes of a tree of the size in parameter 1 are there, as an expression. They are written without gaps. */
export const NODES_ARE_WHOLE = `(
  SELECT bool_and(coalesce((SELECT max(index) + 1 FROM audit_node WHERE level = l), 0) >= $1::bigint >> ${TILE_HEIGHT} * l)
  FROM generate_series(1, ${LEVELS}) AS l)`;

const FIRST_GAP: Statement = {
  name: 'audit_node_gap',
  text: `
  SELECT l AS level, have, want FROM generate_series(1, ${LEVELS}) AS l
  CROSS JOIN LATERAL (SELECT coalesce((SELECT max(index) + 1 FROM audit_node WHERE level = l), 0) AS have,
                             $1::bigint >> ${TILE_HEIGHT} * l AS want) AS count
  WHERE have < want ORDER BY l LIMIT 1`,
};

const STORE: Statement = { name: 'audit_node_store', text: nodesInsert(1) };

/** Nodes made from one read, of 65,536 hashes. */
const BATCH = 256;

/**
 * Makes some of the nodes that a log has not got: one from before there were nodes. Level by level from below, without
 * a lock, since what they are made of never changes.
 * @param size of a tree whose entries are all there
 * @returns how many were made; 0 when none is missing, or when entries are
 */
export async function backfillNodes(unitOfWork: UnitOfWork, size: number): Promise<number> {
  const nodes = await unitOfWork
    .single((tx) => findGap(tx, size))
    .then(async (gap) => {
      if (!gap) return [];
      return unitOfWork.single((tx) => makeNodes(tx, gap));
    });
  if (nodes.length > 0) await unitOfWork.single((tx) => tx.query(STORE, nodeParameters(nodes)));
  return nodes.length;
}

interface Gap {
  readonly level: number;
  readonly first: number;
  readonly end: number;
}

async function findGap(tx: Tx, size: number): Promise<Gap | undefined> {
  const [row] = await tx.query<{ level: number; have: string; want: string }>(FIRST_GAP, [size]);
  if (!row) return undefined;
  const first = Number(row.have);
  return { level: row.level, first, end: Math.min(Number(row.want), first + BATCH) };
}

async function makeNodes(tx: Tx, { level, first, end }: Gap): Promise<TreeNode[]> {
  const indexes = Array.from({ length: end - first }, (_, n) => first + n);
  const tiles = indexes.map((index) => ({
    level: level - 1,
    first: index * TILE_WIDTH,
    end: (index + 1) * TILE_WIDTH,
  }));
  const { hashes } = await readHashes(tx, tiles);
  // Nodes have no gaps: where a hash is missing they end.
  const whole = hashes.indexOf(undefined) < 0 ? hashes.length : hashes.indexOf(undefined);
  return indexes.slice(0, whole).map((index, at) => ({
    level,
    index,
    hash: subtreeRoot(parseHashes(hashes[at] as Buffer, TILE_WIDTH)),
  }));
}
