import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leafHash } from './merkle.js';
import {
  formatBundle,
  formatTilePath,
  parseBundle,
  parseHashes,
  parseTilePath,
  TileInvalid,
  type TileName,
  tileWidth,
} from './tile.js';

const someTile: fc.Arbitrary<TileName> = fc.record({
  level: fc.oneof(fc.constant('entries' as const), fc.integer({ min: 0, max: 63 })),
  index: fc.maxSafeNat(),
  width: fc.integer({ min: 1, max: 256 }),
});

describe('a tile’s path', () => {
  // C2SP tlog-tiles, "Merkle Tree": the example of index 1234067, and the shapes around a carry.
  it.each<[TileName, string]>([
    [{ level: 0, index: 1_234_067, width: 256 }, 'tile/0/x001/x234/067'],
    [{ level: 'entries', index: 0, width: 256 }, 'tile/entries/000'],
    [{ level: 1, index: 0, width: 1 }, 'tile/1/000.p/1'],
    [{ level: 'entries', index: 999, width: 255 }, 'tile/entries/999.p/255'],
    [{ level: 0, index: 1_000, width: 256 }, 'tile/0/x001/000'],
    [{ level: 63, index: 2 ** 53 - 1, width: 256 }, 'tile/63/x009/x007/x199/x254/x740/991'],
  ])('of %j is %s', (name, path) => {
    expect(formatTilePath(name)).toBe(path);
    expect(parseTilePath(path)).toEqual(name);
  });

  it('is read as it was written', () => {
    fc.assert(
      fc.property(someTile, (name) => {
        expect(parseTilePath(formatTilePath(name))).toEqual(name);
      }),
    );
  });

  it.each([
    '',
    'checkpoint',
    'tile/0/0',
    'tile/0/0000',
    'tile/0/x000/000',
    'tile/0/x001/x000',
    'tile/0/001/000',
    'tile/00/000',
    'tile/64/000',
    'tile/-1/000',
    'tile/data/000',
    'tile/0/000.p/0',
    'tile/0/000.p/01',
    'tile/0/000.p/256',
    'tile/0/000.p/',
    'tile/0/000/',
    '/tile/0/000',
    'tile/0/../000',
    'tile/0/000\n',
    'tile/0/x999/x999/x999/x999/x999/999',
  ])('is not %j', (path) => {
    expect(() => parseTilePath(path)).toThrow(TileInvalid);
  });

  it.each<TileName>([
    { level: 0, index: -1, width: 1 },
    { level: 0, index: 0.5, width: 1 },
    { level: 0, index: 0, width: 0 },
    { level: 0, index: 0, width: 257 },
    { level: 64, index: 0, width: 1 },
  ])('is not written for %j', (name) => {
    expect(() => formatTilePath(name)).toThrow(TileInvalid);
  });
});

describe('a tile’s width', () => {
  // C2SP tlog-tiles: a log of 70,000 entries has 273 full tiles and one of 112 on level 0, one full and one of 17 on level 1, one of 1 on level 2.
  it('is what the specification’s example of 70,000 entries says', () => {
    expect([tileWidth(0, 272, 70_000), tileWidth(0, 273, 70_000), tileWidth(0, 274, 70_000)]).toEqual([
      256, 112, 0,
    ]);
    expect([tileWidth(1, 0, 70_000), tileWidth(1, 1, 70_000), tileWidth(1, 2, 70_000)]).toEqual([256, 17, 0]);
    expect([tileWidth(2, 0, 70_000), tileWidth(2, 1, 70_000), tileWidth(3, 0, 70_000)]).toEqual([1, 0, 0]);
  });

  it('counts every whole subtree of a level once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 200_000 }), fc.integer({ min: 0, max: 3 }), (size, level) => {
        let sum = 0;
        for (let index = 0; tileWidth(level, index, size) > 0; index++) sum += tileWidth(level, index, size);
        expect(sum).toBe(Math.floor(size / 256 ** level));
      }),
    );
  });
});

describe('a bundle of entries', () => {
  it('is each entry behind its length in two bytes', () => {
    const bytes = formatBundle([Buffer.from('ab'), Buffer.alloc(0), Buffer.alloc(258, 7)]);
    expect(Buffer.from(bytes).toString('hex')).toBe(`00026162${'0000'}0102${'07'.repeat(258)}`);
  });

  it('is read as it was written, and only as so many entries', () => {
    const someEntries = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(someEntries, (entries) => {
        const bytes = formatBundle(entries);
        expect(parseBundle(bytes, entries.length).map((entry) => Buffer.from(entry))).toEqual(
          entries.map((entry) => Buffer.from(entry)),
        );
        expect(() => parseBundle(bytes, entries.length + 1)).toThrow(TileInvalid);
        expect(() => parseBundle(bytes, entries.length - 1)).toThrow(TileInvalid);
        expect(() => parseBundle(bytes.subarray(0, -1), entries.length)).toThrow(TileInvalid);
      }),
    );
  });

  it('has no entry that its length can’t hold', () => {
    expect(parseBundle(formatBundle([Buffer.alloc(65_535)]), 1)[0]).toHaveLength(65_535);
    expect(() => formatBundle([Buffer.alloc(65_536)])).toThrow(TileInvalid);
  });
});

describe('a tile of hashes', () => {
  it('holds exactly so many', () => {
    const [a, b] = [leafHash(Buffer.from('a')), leafHash(Buffer.from('b'))];
    const bytes = Buffer.concat([a, b]);
    expect(parseHashes(bytes, 2).map((hash) => Buffer.from(hash))).toEqual([Buffer.from(a), Buffer.from(b)]);
    for (const wrong of [bytes.subarray(1), Buffer.concat([bytes, a]), Buffer.alloc(0)]) {
      expect(() => parseHashes(wrong, 2)).toThrow(TileInvalid);
    }
  });
});

const log = join(import.meta.dirname, '../../../../../shared/vectors/merkle/testdata/log');
const missing = existsSync(log) ? '' : ` (skipped: no ${log})`;

describe.skipIf(missing)(`the tiles of transparency-dev/merkle${missing}`, () => {
  it('hold the hashes of the entries in their bundles, at every size', () => {
    for (let width = 1; width <= 15; width++) {
      const read = (level: number | 'entries') =>
        readFileSync(join(log, formatTilePath({ level, index: 0, width })));
      const hashes = parseBundle(read('entries'), width).map((entry) => Buffer.from(leafHash(entry)));
      expect(parseHashes(read(0), width).map((hash) => Buffer.from(hash))).toEqual(hashes);
    }
  });
});
