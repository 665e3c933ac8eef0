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

// RFC 6962 section 2.1.3: the tree of seven entries d0 … d6 and its nodes, by the entries under them.
describe('RFC 6962’s own sample tree', () => {
  const nodes: Record<string, string> = {
    '0-1': 'a',
    '1-2': 'b',
    '2-3': 'c',
    '3-4': 'd',
    '4-5': 'e',
    '5-6': 'f',
    '0-2': 'g',
    '2-4': 'h',
    '4-6': 'i',
    '6-7': 'j',
    '0-4': 'k',
    '4-7': 'l',
  };
  const named = (path: Range[]) => path.map(({ start, end }) => nodes[`${start}-${end}`]);

  it('has the audit paths that the RFC lists', () => {
    expect(named(inclusionPath(0, 7))).toEqual(['b', 'h', 'l']);
    expect(named(inclusionPath(3, 7))).toEqual(['c', 'g', 'l']);
    expect(named(inclusionPath(4, 7))).toEqual(['f', 'j', 'k']);
    expect(named(inclusionPath(6, 7))).toEqual(['i', 'k']);
  });

  it('has the consistency proofs that the RFC lists', () => {
    expect(named(consistencyPath(3, 7))).toEqual(['c', 'd', 'g', 'l']);
    expect(named(consistencyPath(4, 7))).toEqual(['l']);
    expect(named(consistencyPath(6, 7))).toEqual(['i', 'j', 'k']);
  });
});

// Facts of Google's certificate-transparency repository, on whose eight leaves the implementations of RFC 6962 agree.
describe('the reference tree of eight entries', () => {
  const leaf = (hex: string) => leafHash(Buffer.from(hex, 'hex'));
  const hashes = (...hex: string[]) => hex.map((one) => Buffer.from(one, 'hex'));
  const [ROOT_1, ROOT_2, ROOT_3, ROOT_5, ROOT_8] = hashes(
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
    '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
  ) as [Buffer, Buffer, Buffer, Buffer, Buffer];
  const [A, B, C, D, E, F, G] = hashes(
    '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
    '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
    '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  ) as [Buffer, Buffer, Buffer, Buffer, Buffer, Buffer, Buffer];

  it('includes its entries by the published proofs', () => {
    expect(verifyInclusion(0, 1, leaf(''), [], ROOT_1)).toBe(true);
    expect(verifyInclusion(0, 8, leaf(''), [A, B, C], ROOT_8)).toBe(true);
    expect(verifyInclusion(5, 8, leaf('40414243'), [D, E, F], ROOT_8)).toBe(true);
    expect(verifyInclusion(2, 3, leaf('10'), [G], ROOT_3)).toBe(true);
    expect(verifyInclusion(1, 8, leaf(''), [A, B, C], ROOT_8)).toBe(false);
    expect(verifyInclusion(5, 8, leaf('40414243'), [D, F, E], ROOT_8)).toBe(false);
  });

  it('continues its beginnings by the published proofs', () => {
    expect(verifyConsistency(1, 1, [], ROOT_1, ROOT_1)).toBe(true);
    expect(verifyConsistency(1, 8, [A, B, C], ROOT_1, ROOT_8)).toBe(true);
    expect(verifyConsistency(2, 5, [B, D], ROOT_2, ROOT_5)).toBe(true);
    expect(verifyConsistency(2, 5, [D, B], ROOT_2, ROOT_5)).toBe(false);
    expect(verifyConsistency(1, 8, [A, B], ROOT_1, ROOT_8)).toBe(false);
  });
});

const vectors = join(import.meta.dirname, '../../../../../shared/vectors/merkle/testdata');
const missing = existsSync(vectors) ? '' : ` (skipped: no ${vectors})`;

interface InclusionCase {
  readonly leafIdx: number;
  readonly treeSize: number;
  readonly root: string;
  readonly leafHash: string;
  readonly proof: string[] | null;
  readonly wantErr: boolean;
}

interface ConsistencyCase {
  readonly size1: number;
  readonly size2: number;
  readonly root1: string;
  readonly root2: string;
  readonly proof: string[] | null;
  readonly wantErr: boolean;
}

/** Each case of a kind by its name. Only called where the vectors are. */
function cases<T>(kind: string): [string, T][] {
  if (missing) return [];
  const names = readdirSync(join(vectors, kind), { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => name.endsWith('.json')).sort();
  return files.map((name) => [name, JSON.parse(readFileSync(join(vectors, kind, name), 'utf8')) as T]);
}

describe.skipIf(missing)(`the vectors of transparency-dev/merkle${missing}`, () => {
  const inclusion = cases<InclusionCase>('inclusion');
  const consistency = cases<ConsistencyCase>('consistency');

  it('are all there, of both outcomes', () => {
    expect([inclusion.length, consistency.length]).toEqual([98, 98]);
    const wanted = [inclusion, consistency].map(
      (list) => new Set(list.map(([, { wantErr }]) => wantErr)).size,
    );
    expect(wanted).toEqual([2, 2]);
  });

  it.each(inclusion)('say whether inclusion %s holds', (_, { leafIdx, treeSize, root, ...given }) => {
    const proof = (given.proof ?? []).map(base64);
    const holds = verifyInclusion(leafIdx, treeSize, base64(given.leafHash), proof, base64(root));
    expect(holds).toBe(!given.wantErr);
  });

  it.each(consistency)('say whether consistency %s holds', (_, { size1, size2, ...given }) => {
    const proof = (given.proof ?? []).map(base64);
    const holds = verifyConsistency(size1, size2, proof, base64(given.root1), base64(given.root2));
    expect(holds).toBe(!given.wantErr);
  });
});

function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
}
