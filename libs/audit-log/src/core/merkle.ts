import { allocate, copyInto, sha256, sha256Into } from './primitives.js';

/** Length of every hash of the tree, in bytes. */
export const HASH_BYTES = 32;

/** Root of the tree without entries: SHA-256 of nothing (RFC 6962 section 2.1). */
export const EMPTY_ROOT = sha256(new Uint8Array());

// Leaves and nodes are hashed under different first bytes: otherwise the two hashes of a node, taken as an entry,
// would have the node's hash, and a tree could be shown with another shape under the same root.
const LEAF = 0;
export const NODE = 1;

/** Hash of an entry's bytes as they are stored (RFC 6962 section 2.1): SHA-256(0x00 || entry). */
export function leafHash(entry: Uint8Array): Uint8Array {
  return leafHashInto(allocate(HASH_BYTES), entry, 0, entry.length);
}

/**
 * The same of an entry that stands among other bytes, from `start` up to but without `end`, without a new object for each.
 * @returns `target`, in which the hash now stands
 */
export function leafHashInto(target: Uint8Array, bytes: Uint8Array, start: number, end: number): Uint8Array {
  const input = leafInput(1 + end - start);
  copyInto(input, 1, bytes, start, end);
  sha256Into(input, target, 0);
  return target;
}

// One buffer for all entries, and a view of it for each length, kept: making one costs a tenth of the hash.
let leaf = allocate(16_384);
let leafInputs: Uint8Array[] = [];

function leafInput(length: number): Uint8Array {
  if (length > leaf.length) {
    leaf = allocate(2 * length);
    leafInputs = [];
  }
  leaf[0] = LEAF;
  const known = leafInputs[length];
  if (known) return known;
  const input = leaf.subarray(0, length);
  leafInputs[length] = input;
  return input;
}

/** Hash of a node over two subtrees (RFC 6962 section 2.1): SHA-256(0x01 || left || right). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  // One buffer for all calls: this runs once for each entry, and nothing can come between filling and hashing it.
  // Exactly two hashes, or the remains of an earlier call would be hashed with a shorter one.
  if (left.length !== HASH_BYTES || right.length !== HASH_BYTES)
    throw new RangeError('not a hash of the tree');
  node.set(left, 1);
  node.set(right, 1 + HASH_BYTES);
  return sha256(node);
}
const node = allocate(1 + 2 * HASH_BYTES);
node[0] = NODE;

/** Whether a number can be the size of a log: a whole number that a double holds exactly. */
export function isSize(size: number): boolean {
  return Number.isSafeInteger(size) && size >= 0;
}
