import { Frontier } from './frontier.js';
import { isSize } from './merkle.js';

/** A run of entries whose subtree root is part of a proof; from `start` up to but without `end`. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * Which subtrees prove that an entry is in the tree (RFC 6962 section 2.1.1), the entry's neighbour first.
 * Where their roots come from is the caller's business: computed from leaf hashes, or read from tiles.
 * @throws {RangeError} unless 0 ≤ index < size
 */
export function inclusionPath(index: number, size: number): Range[] {
  if (!isSize(index) || !isSize(size) || index >= size)
    throw new RangeError('no such entry in a tree of this size');
  const path: Range[] = [];
  let tree: Range = { start: 0, end: size };
  // From the root downwards; a proof lists them from the leaf upwards.
  while (tree.end - tree.start > 1) {
    const { left, right } = halves(tree);
    const inLeft = index < left.end;
    path.push(inLeft ? right : left);
    tree = inLeft ? left : right;
  }
  return path.reverse();
}

/**
 * Which subtrees prove that a tree is the beginning of a larger one (RFC 6962 section 2.1.2), in the proof's order.
 * @throws {RangeError} unless 0 < size1 ≤ size2: that the empty tree is a beginning of every tree proves nothing
 */
export function consistencyPath(size1: number, size2: number): Range[] {
  if (!isSize(size1) || !isSize(size2) || size1 === 0 || size1 > size2) {
    throw new RangeError('no consistency proof between trees of these sizes');
  }
  const path: Range[] = [];
  let tree: Range = { start: 0, end: size2 };
  while (tree.end !== size1) {
    const { left, right } = halves(tree);
    const inLeft = size1 <= left.end;
    path.push(inLeft ? right : left);
    tree = inLeft ? left : right;
  }
  // What remains ends where the old tree ends. If it is the old tree itself the verifier knows its root already.
  if (tree.start > 0) path.push(tree);
  return path.reverse();
}

/** @returns the root of a run of leaf hashes: a {@link Range}'s hash from its leaves */
export function subtreeRoot(leaves: Iterable<Uint8Array>): Uint8Array {
  const frontier = new Frontier();
  for (const leaf of leaves) frontier.append(leaf);
  return frontier.root();
}

/** RFC 6962 splits n leaves at the largest power of two below n. */
function halves({ start, end }: Range): { left: Range; right: Range } {
  let width = 1;
  while (width * 2 < end - start) width *= 2;
  const middle = start + width;
  return { left: { start, end: middle }, right: { start: middle, end } };
}
