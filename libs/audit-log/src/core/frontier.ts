import { EMPTY_ROOT, HASH_BYTES, isSize, NODE, nodeHash } from './merkle.js';
import { allocate, concat, sha256Into } from './primitives.js';

const SIZE_BYTES = 8;
/** One root for each bit of the largest size, 2^53 - 1, and the leaf that comes next. */
const MAX_DEPTH = 54;

/** A perfect subtree is whole: the `index`-th one of 2^`height` entries, counted from 0, has this root. */
export type OnSubtree = (height: number, index: number, root: Uint8Array) => void;

/**
 * The right edge of a growing tree: the roots of its perfect subtrees, largest first, one for each bit that is set in
 * the size. It is all that is needed to append and to give the root; a log of 2^40 entries has at most 41 of them.
 * Source: the "compact range" of RFC 6962's trees starting at entry 0.
 */
export class Frontier {
  #size = 0;
  #depth = 0;
  /**
   * The roots one after the other behind one free byte. So the two that are hashed next are neighbours already, and the byte
   * before them needs only to be the node's for as long as the hash takes.
   */
  readonly #nodes = allocate(1 + MAX_DEPTH * HASH_BYTES);
  /** `#pairs[n]` is the n-th and the next root with the byte before them, once they were hashed */
  readonly #pairs: Uint8Array[] = [];

  /** Entries appended so far. */
  get size(): number {
    return this.#size;
  }

  /**
   * @param leaf the new entry's leaf hash, 32 bytes
   * @param onSubtree told of every perfect subtree that this leaf completes, smallest first
   */
  append(leaf: Uint8Array, onSubtree?: OnSubtree): void {
    if (leaf.length !== HASH_BYTES) throw new RangeError('not a leaf hash');
    this.push(leaf);
    let height = 0;
    // Each trailing one of the size is a perfect tree which the new leaf's tree completes to one of twice the size.
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2) {
      this.joinLastTwo();
      height += 1;
      onSubtree?.(height, (rest - 1) / 2, concat(this.node(this.#depth - 1)));
    }
    this.#size += 1;
  }

  /** @param leaves leaf hashes one after the other, 32 bytes each */
  appendAll(leaves: Uint8Array, onSubtree?: OnSubtree): void {
    if (leaves.length % HASH_BYTES !== 0) throw new RangeError('not a run of leaf hashes');
    for (let at = 0; at < leaves.length; at += HASH_BYTES) {
      this.append(leaves.subarray(at, at + HASH_BYTES), onSubtree);
    }
  }

  /** Root of the tree (RFC 6962 section 2.1), 32 bytes. */
  root(): Uint8Array {
    if (this.#size === 0) return EMPTY_ROOT;
    let root = concat(this.node(this.#depth - 1));
    for (let at = this.#depth - 2; at >= 0; at--) root = nodeHash(this.node(at), root);
    return root;
  }

  /** @returns size (u64 BE) | roots of the perfect subtrees, largest first, 32 bytes each */
  serialise(): Uint8Array {
    const size = new Uint8Array(SIZE_BYTES);
    new DataView(size.buffer).setBigUint64(0, BigInt(this.#size));
    return concat(size, this.#nodes.subarray(1, 1 + this.#depth * HASH_BYTES));
  }

  /**
   * Reads what {@link serialise} wrote.
   * @throws {RangeError} unless there are exactly as many subtrees as the size asks for
   */
  static parse(bytes: Uint8Array): Frontier {
    if (bytes.length < SIZE_BYTES) throw new RangeError('not a frontier');
    const size = Number(new DataView(bytes.buffer, bytes.byteOffset, SIZE_BYTES).getBigUint64(0));
    if (!isSize(size) || bytes.length !== SIZE_BYTES + countOnes(size) * HASH_BYTES) {
      throw new RangeError('not a frontier');
    }
    const frontier = new Frontier();
    frontier.#size = size;
    for (let at = SIZE_BYTES; at < bytes.length; at += HASH_BYTES) {
      frontier.push(bytes.subarray(at, at + HASH_BYTES));
    }
    return frontier;
  }

  private push(root: Uint8Array): void {
    this.#nodes.set(root, 1 + this.#depth * HASH_BYTES);
    this.#depth += 1;
  }

  private joinLastTwo(): void {
    this.#depth -= 1;
    const before = (this.#depth - 1) * HASH_BYTES;
    const kept = this.#nodes[before] as number;
    this.#nodes[before] = NODE;
    this.#pairs[this.#depth - 1] ??= this.#nodes.subarray(before, before + 1 + 2 * HASH_BYTES);
    sha256Into(this.#pairs[this.#depth - 1] as Uint8Array, this.#nodes, before + 1);
    this.#nodes[before] = kept;
  }

  private node(at: number): Uint8Array {
    return this.#nodes.subarray(1 + at * HASH_BYTES, 1 + (at + 1) * HASH_BYTES);
  }
}

// By division: the bitwise operators cut at 32 bits.
function countOnes(size: number): number {
  let ones = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) ones += rest % 2;
  return ones;
}
