import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leafHash } from './merkle.js';
import { consistencyPath, inclusionPath, type Range, subtreeRoot } from './proof.js';
import { verifyConsistency, verifyInclusion } from './proof-verify.js';

const leaves = Array.from({ length: 300 }, (_, n) => leafHash(Buffer.from(`entry ${n}`)));
const rootOf = (size: number) => subtreeRoot(leaves.slice(0, size));
const prove = (path: Range[]) => path.map(({ start, end }) => subtreeRoot(leaves.slice(start, end)));
const base64 = (text: string) => Buffer.from(text, 'base64');

const someSize = fc.integer({ min: 1, max: leaves.length });
const someIndexAndSize = someSize.chain((size) =>
  fc.record({ size: fc.constant(size), index: fc.integer({ min: 0, max: size - 1 }) }),
);
const twoSizes = fc.tuple(someSize, someSize).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);

describe('an inclusion proof', () => {
  it('shows every entry of a tree of any size', () => {
    fc.assert(
      fc.property(someIndexAndSize, ({ index, size }) => {
        const proof = prove(inclusionPath(index, size));
        const leaf = leaves[index] as Uint8Array;
        expect(verifyInclusion(index, size, leaf, proof, rootOf(size))).toBe(true);
        expect(proof.length).toBeLessThanOrEqual(Math.ceil(Math.log2(size)));
      }),
    );
  });

  it('shows nothing once it, the entry, the place or the root is another', () => {
    fc.assert(
      fc.property(someIndexAndSize, fc.nat(), fc.nat(255), ({ index, size }, at, bit) => {
        const leaf = leaves[index] as Uint8Array;
        const proof = prove(inclusionPath(index, size));
        const root = rootOf(size);
        const changed = proof.map((hash, n) => (n === at % proof.length ? flip(hash, bit) : hash));
        if (proof.length > 0) {
          expect(verifyInclusion(index, size, leaf, changed, root)).toBe(false);
          expect(verifyInclusion(index, size, leaf, proof.slice(1), root)).toBe(false);
        }
        expect(verifyInclusion(index, size, flip(leaf, bit), proof, root)).toBe(false);
        expect(verifyInclusion(index, size, leaf, proof, flip(root, bit))).toBe(false);
        expect(verifyInclusion(index, size, leaf, [...proof, root], root)).toBe(false);
        for (const other of [index - 1, index + 1, index ^ 1, size + index]) {
          expect(verifyInclusion(other, size, leaf, proof, root)).toBe(false);
        }
      }),
    );
  });

  it('is refused for an entry outside the tree', () => {
    for (const [index, size] of [
      [0, 0],
      [5, 5],
      [-1, 5],
      [0.5, 5],
      [0, 2 ** 60],
    ] as const) {
      expect(() => inclusionPath(index, size)).toThrow(RangeError);
    }
  });

  it('goes through trees beyond 32 bits', () => {
    const path = inclusionPath(2 ** 40, 2 ** 40 + 2);
    expect(path).toEqual([
      { start: 2 ** 40 + 1, end: 2 ** 40 + 2 },
      { start: 0, end: 2 ** 40 },
    ]);
    const [leaf, sibling, large] = leaves.slice(0, 3) as [Uint8Array, Uint8Array, Uint8Array];
    const root = subtreeRoot([large, subtreeRoot([leaf, sibling])]);
    expect(verifyInclusion(2 ** 40, 2 ** 40 + 2, leaf, [sibling, large], root)).toBe(true);
  });
});

describe('a consistency proof', () => {
  it('shows that any tree continues any smaller one', () => {
    fc.assert(
      fc.property(twoSizes, ([size1, size2]) => {
        const proof = prove(consistencyPath(size1, size2));
        expect(verifyConsistency(size1, size2, proof, rootOf(size1), rootOf(size2))).toBe(true);
      }),
    );
  });

  it('shows nothing once it, a size or a root is another', () => {
    fc.assert(
      fc.property(twoSizes, fc.nat(), fc.nat(255), ([size1, size2], at, bit) => {
        const proof = prove(consistencyPath(size1, size2));
        const [root1, root2] = [rootOf(size1), rootOf(size2)];
        const changed = proof.map((hash, n) => (n === at % proof.length ? flip(hash, bit) : hash));
        if (proof.length > 0) {
          expect(verifyConsistency(size1, size2, changed, root1, root2)).toBe(false);
          expect(verifyConsistency(size1, size2, proof.slice(1), root1, root2)).toBe(false);
        }
        expect(verifyConsistency(size1, size2, proof, flip(root1, bit), root2)).toBe(false);
        expect(verifyConsistency(size1, size2, proof, root1, flip(root2, bit))).toBe(false);
        expect(verifyConsistency(size1, size2, [...proof, root2], root1, root2)).toBe(false);
        expect(verifyConsistency(0, size2, proof, root1, root2)).toBe(false);
        if (size1 < size2) expect(verifyConsistency(size2, size1, proof, root2, root1)).toBe(false);
      }),
    );
  });

  it('is refused between sizes that have none', () => {
    for (const [size1, size2] of [
      [0, 5],
      [6, 5],
      [-1, 5],
      [1.5, 5],
    ] as const) {
      expect(() => consistencyPath(size1, size2)).toThrow(RangeError);
    }
  });

  it('has the published hashes between two and five entries of the reference tree', () => {
    const reference = ['', '00', '10', '2021', '3031'].map((leaf) => leafHash(Buffer.from(leaf, 'hex')));
    const proof = consistencyPath(2, 5).map(({ start, end }) => subtreeRoot(reference.slice(start, end)));
    expect(proof.map((hash) => Buffer.from(hash).toString('hex'))).toEqual([
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ]);
  });
});

const vectors = join(import.meta.dirname, '../../../../../shared/vectors/merkle/testdata');
const missing = existsSync(vectors) ? '' : ` (skipped: no ${vectors})`;

describe.skipIf(missing)(`the vectors of transparency-dev/merkle${missing}`, () => {
  const files = (kind: string) =>
    readdirSync(join(vectors, kind), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.json'))
      .map((name) => join(vectors, kind, name));
  const read = <T>(file: string) => JSON.parse(readFileSync(file, 'utf8')) as T;

  it('hold for every inclusion case', () => {
    type Case = {
      leafIdx: number;
      treeSize: number;
      root: string;
      leafHash: string;
      proof: string[] | null;
      wantErr: boolean;
    };
    const wrong = files('inclusion').filter((file) => {
      const { leafIdx, treeSize, root, leafHash: leaf, proof, wantErr } = read<Case>(file);
      const hashes = (proof ?? []).map(base64);
      return verifyInclusion(leafIdx, treeSize, base64(leaf), hashes, base64(root)) === wantErr;
    });
    expect(wrong).toEqual([]);
    expect(files('inclusion')).toHaveLength(98);
  });

  it('hold for every consistency case', () => {
    type Case = {
      size1: number;
      size2: number;
      root1: string;
      root2: string;
      proof: string[] | null;
      wantErr: boolean;
    };
    const wrong = files('consistency').filter((file) => {
      const { size1, size2, root1, root2, proof, wantErr } = read<Case>(file);
      const hashes = (proof ?? []).map(base64);
      return verifyConsistency(size1, size2, hashes, base64(root1), base64(root2)) === wantErr;
    });
    expect(wrong).toEqual([]);
    expect(files('consistency')).toHaveLength(98);
  });
});

function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
}
