import { EMPTY_ROOT, HASH_BYTES, isSize, nodeHash } from './merkle.js';
import { concat } from './primitives.js';

const SIZE_BYTES = 8;

/** A perfect subtree is whole: the `index`-th one of 2^`height` entries, counted from 0, has this root. */
export type OnSubtree = (height: number, index: number, root: Uint8Array) => void;

/**
 * The right edge of a growing tree: the roots of its perfect subtrees, largest first, one for each bit that is set in
 * the size. It is all that is needed to append and to give the root; a log of 2^40 entries has at most 41 of them.
 * Source: the "compact range" of RFC 6962's trees starting at entry 0.
 */
export class Frontier {
  #size = 0;
  readonly #nodes: Uint8Array[] = [];

  /** Entries appended so far. */
  get size(): number {
    return this.#size;
  }

  /**
   * @param leaf the new entry's leaf hash, 32 bytes; kept, not copied
   * @param onSubtree told of every perfect subtree that this leaf completes, smallest first
   */
  append(leaf: Uint8Array, onSubtree?: OnSubtree): void {
    if (leaf.length !== HASH_BYTES) throw new RangeError('not a leaf hash');
    let node = leaf;
    let height = 0;
    // Each trailing one of the size is a perfect tree which the new leaf's tree completes to one of twice the size.
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2) {
      node = nodeHash(this.#nodes.pop() as Uint8Array, node);
      height += 1;
      onSubtree?.(height, (rest - 1) / 2, node);
    }
    this.#nodes.push(node);
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
    return this.#nodes.reduceRight((right, left) => nodeHash(left, right));
  }

  /** @returns size (u64 BE) | roots of the perfect subtrees, largest first, 32 bytes each */
  serialise(): Uint8Array {
    const size = new Uint8Array(SIZE_BYTES);
    new DataView(size.buffer).setBigUint64(0, BigInt(this.#size));
    return concat(size, ...this.#nodes);
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
      frontier.#nodes.push(new Uint8Array(bytes.subarray(at, at + HASH_BYTES)));
    }
    return frontier;
  }
}

// By division: the bitwise operators cut at 32 bits.
function countOnes(size: number): number {
  let ones = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) ones += rest % 2;
  return ones;
}
