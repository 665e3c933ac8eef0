import { allocate, sha256, sha256Text } from './primitives.js';

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
  const bytes = allocate(entry.length + 1);
  bytes[0] = LEAF;
  bytes.set(entry, 1);
  return sha256(bytes);
}

/**
 * The same, in base64, of an entry that stands among other bytes from `start` up to but without `end`, without a copy of it: the byte
 * before the entry is the leaf's for as long as the hash takes.
 * @param start at least 1
 */
export function leafHashWithin(bytes: Uint8Array, start: number, end: number): string {
  const before = bytes[start - 1] as number;
  bytes[start - 1] = LEAF;
  const hash = sha256Text(bytes.subarray(start - 1, end));
  bytes[start - 1] = before;
  return hash;
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
