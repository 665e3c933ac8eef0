import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Frontier } from './frontier.js';
import { EMPTY_ROOT, leafHash, nodeHash } from './merkle.js';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

// The tree of Google's certificate-transparency repository, on which the implementations of RFC 6962 agree.
const LEAVES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

/** RFC 6962 section 2.1, word for word. */
function rootByDefinition(leaves: Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return EMPTY_ROOT;
  if (leaves.length === 1) return leaves[0] as Uint8Array;
  const k = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return nodeHash(rootByDefinition(leaves.slice(0, k)), rootByDefinition(leaves.slice(k)));
}

const someLeaves = fc.array(fc.uint8Array({ maxLength: 40 }).map(leafHash), { maxLength: 70 });

describe('a frontier', () => {
  it('has the published root of the empty tree', () => {
    expect(hex(new Frontier().root())).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
  });

  it('has the published roots of the reference tree at every size', () => {
    const frontier = new Frontier();
    const roots = LEAVES.map((leaf) => {
      frontier.append(leafHash(Buffer.from(leaf, 'hex')));
      return hex(frontier.root());
    });
    expect(roots).toEqual(ROOTS);
  });

  it('has the root that the definition gives', () => {
    fc.assert(
      fc.property(someLeaves, (leaves) => {
        const frontier = new Frontier();
        for (const leaf of leaves) frontier.append(leaf);
        expect(hex(frontier.root())).toBe(hex(rootByDefinition(leaves)));
        expect(frontier.size).toBe(leaves.length);
      }),
    );
  });

  it('goes on after being stored as it would have without', () => {
    fc.assert(
      fc.property(someLeaves, someLeaves, (before, after) => {
        const whole = new Frontier();
        whole.appendAll(Buffer.concat([...before, ...after]));
        const first = new Frontier();
        first.appendAll(Buffer.concat(before));
        const second = Frontier.parse(first.serialise());
        second.appendAll(Buffer.concat(after));
        expect(hex(second.serialise())).toBe(hex(whole.serialise()));
        expect(hex(second.root())).toBe(hex(whole.root()));
      }),
    );
  });

  it('keeps sizes beyond 32 bits', () => {
    const size = 2 ** 40 + 3;
    const bytes = Buffer.concat([Buffer.alloc(8), Buffer.alloc(3 * 32, 7)]);
    bytes.writeBigUInt64BE(BigInt(size));
    const frontier = Frontier.parse(bytes);
    frontier.append(Buffer.alloc(32, 9));
    // 2^40 + 4 has two ones: the large tree, and one of four that took in the two small ones.
    expect([frontier.size, frontier.serialise().length]).toEqual([size + 1, 8 + 2 * 32]);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a size without its subtrees', Buffer.from('0000000000000001', 'hex')],
    ['a subtree too many', Buffer.concat([Buffer.alloc(8), Buffer.alloc(32)])],
    ['a cut hash', Buffer.concat([Buffer.from('0000000000000001', 'hex'), Buffer.alloc(31)])],
    ['a size no number holds', Buffer.concat([Buffer.alloc(8, 255), Buffer.alloc(64 * 32)])],
  ])('is not read from %s', (_, bytes) => {
    expect(() => Frontier.parse(bytes)).toThrow(RangeError);
  });

  it('takes nothing that is not a hash', () => {
    expect(() => new Frontier().append(Buffer.alloc(31))).toThrow(RangeError);
    expect(() => new Frontier().appendAll(Buffer.alloc(33))).toThrow(RangeError);
  });
});
