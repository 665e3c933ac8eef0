import { HASH_BYTES, isSize, nodeHash } from './merkle.js';
import { sameBytes } from './primitives.js';

/**
 * Whether a proof shows that the entry with this leaf hash stands at `index` of the tree with this size and root.
 * Anything malformed is false. Source: RFC 9162 section 2.1.3.2 (same trees as RFC 6962).
 */
export function verifyInclusion(
  index: number,
  size: number,
  leaf: Uint8Array,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  if (!isSize(index) || !isSize(size) || index >= size || ![leaf, ...proof].every(isHash)) return false;
  const place = new Place(index, size - 1);
  let hash = leaf;
  for (const sibling of proof) {
    if (place.atRoot) return false;
    hash = place.isRight ? nodeHash(sibling, hash) : nodeHash(hash, sibling);
    place.up();
  }
  return place.atRoot && sameBytes(hash, root);
}

/**
 * Whether a proof shows that the tree of `size1` and `root1` is the beginning of the one of `size2` and `root2`.
 * Anything malformed is false, and so is size1 = 0. Source: RFC 9162 section 2.1.4.2.
 */
export function verifyConsistency(
  size1: number,
  size2: number,
  proof: readonly Uint8Array[],
  root1: Uint8Array,
  root2: Uint8Array,
): boolean {
  if (!isSize(size1) || !isSize(size2) || size1 === 0 || size1 > size2) return false;
  if (size1 === size2) return proof.length === 0 && sameBytes(root1, root2);
  const place = new Place(size1 - 1, size2 - 1);
  place.leaveRightEdge();
  // An old tree that is perfect is a node of the new one: its root, known already, is where the proof starts.
  const [seed, ...path] = place.isFirst ? [root1, ...proof] : proof;
  if (!seed || proof.length === 0 || ![seed, ...path].every(isHash)) return false;
  let [old, grown] = [seed, seed];
  for (const sibling of path) {
    if (place.atRoot) return false;
    if (place.isRight) [old, grown] = [nodeHash(sibling, old), nodeHash(sibling, grown)];
    else grown = nodeHash(grown, sibling);
    place.up();
  }
  return place.atRoot && sameBytes(old, root1) && sameBytes(grown, root2);
}

function isHash(bytes: Uint8Array): boolean {
  return bytes.length === HASH_BYTES;
}

/** Climbs from a node to the root: `fn` and `sn` of the RFC, halved by division since sizes pass 32 bits. */
class Place {
  constructor(
    private node: number,
    private last: number,
  ) {}

  get atRoot(): boolean {
    return this.last === 0;
  }

  get isFirst(): boolean {
    return this.node === 0;
  }

  /** The sibling is to the left, whether the node is a right child or the lonely last one of its level. */
  get isRight(): boolean {
    return this.node % 2 === 1 || this.node === this.last;
  }

  up(): void {
    if (this.isRight) while (this.node % 2 === 0 && this.node !== 0) this.halve();
    this.halve();
  }

  leaveRightEdge(): void {
    while (this.node % 2 === 1) this.halve();
  }

  private halve(): void {
    this.node = Math.floor(this.node / 2);
    this.last = Math.floor(this.last / 2);
  }
}
