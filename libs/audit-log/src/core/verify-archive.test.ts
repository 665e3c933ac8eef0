import { describe, expect, it } from 'vitest';
import { bytesOf, SampleLog, sampleEntry } from './export.fixture.js';
import { leafHash } from './merkle.js';
import { generateNoteKey, NoteSigner } from './note-key.js';
import { verifyArchive } from './verify-archive.js';
import { verifyExport } from './verify-export.js';

const newSigner = () => NoteSigner.parse(generateNoteKey('vault.example/audit').skey);
const [signer, successor, stranger] = [newSigner(), newSigner(), newSigner()];
const key = signer.verifier;
const SIZE = 600;
const log = new SampleLog(signer);
const files = log.archive(SIZE);
type Files = Map<string, Uint8Array>;

const reading = (archive: Files) => (path: string) => Promise.resolve(archive.get(path));
const verify = (archive: Files, options = {}) => verifyArchive(reading(archive), key, options);
const without = (path: string) => new Map([...files].filter(([name]) => name !== path));
const file = (path: string) => Buffer.from(files.get(path) as Uint8Array);

function changed(path: string, change: (bytes: Buffer) => Uint8Array): Files {
  return new Map(files).set(path, change(file(path)));
}

/** An archive whose entry was replaced together with its leaf hash, by somebody who can't sign. */
function replaced(position: number): Files {
  const forged = new SampleLog(signer, (n) => sampleEntry(n === position ? 9_999 : n)).archive(SIZE);
  const own = ['tile/entries/000', 'tile/0/000'];
  return new Map(
    [...files].map(([path, bytes]) => [path, own.includes(path) ? (forged.get(path) as Uint8Array) : bytes]),
  );
}

const flip = (at: number) => (bytes: Buffer) => {
  bytes[at] = (bytes[at] as number) ^ 1;
  return bytes;
};

describe('an archive', () => {
  it('is what was signed', async () => {
    expect([...files.keys()].sort()).toEqual([
      'checkpoint',
      'tile/0/000',
      'tile/0/001',
      'tile/0/002.p/88',
      'tile/1/000.p/2',
      'tile/entries/000',
      'tile/entries/001',
      'tile/entries/002.p/88',
    ]);
    expect(await verify(files)).toMatchObject({
      ok: true,
      size: SIZE,
      archived: SIZE,
      checkpoints: 1,
      keys: 1,
    });
  });

  it('is what was signed at any size', async () => {
    for (const size of [0, 1, 255, 256, 257, 512]) {
      expect(await verify(log.archive(size))).toMatchObject({ ok: true, size });
    }
  });

  it('may lack its tiles of hashes, since the entries are the evidence', async () => {
    const bare = new Map([...files].filter(([path]) => !/^tile\/\d/.test(path)));
    expect(await verify(bare)).toMatchObject({ ok: true, size: SIZE });
  });

  it('continues an earlier checkpoint, and no other log’s', async () => {
    expect(await verify(files, { earlier: log.note(300) })).toMatchObject({ ok: true, earlierSize: 300 });
    const fork = new SampleLog(signer, (n) => sampleEntry(n + 1));
    expect(await verify(files, { earlier: fork.note(300) })).toMatchObject({
      code: 'earlier.root',
      through: 299,
    });
    expect(await verify(files, { earlier: log.note(601) })).toMatchObject({ code: 'earlier.longer' });
  });

  it('tells of each entry in its place', async () => {
    const told: [number, string][] = [];
    await verify(files, {
      onEntry: (n: number, entry: Uint8Array) => told.push([n, Buffer.from(entry).toString()]),
    });
    expect(told).toEqual(Array.from({ length: SIZE }, (_, n) => [n, Buffer.from(sampleEntry(n)).toString()]));
  });
});

describe('a changed archive', () => {
  const hash = (bytes: Uint8Array) => Buffer.from(leafHash(bytes)).toString('base64');

  it('is found at the entry that was changed, with both hashes', async () => {
    const from = 2 + sampleEntry(0).length;
    expect(await verify(changed('tile/entries/000', flip(from + 2)))).toMatchObject({
      ok: false,
      code: 'entry.changed',
      position: 1,
      through: 1,
      evidence: { what: 'leaf hash', expected: hash(sampleEntry(1)) },
    });
    expect(await verify(changed('tile/0/002.p/88', flip(87 * 32)))).toMatchObject({
      code: 'entry.changed',
      position: 599,
    });
  });

  it('is found among 256 entries if the leaf hash was changed, too', async () => {
    expect(await verify(replaced(77))).toMatchObject({ code: 'archive.hash', position: 0, through: 255 });
    expect(await verify(changed('tile/1/000.p/2', flip(40)))).toMatchObject({
      code: 'archive.hash',
      position: 256,
      through: 511,
    });
  });

  it('is found by the signed root if all its hashes were made anew', async () => {
    const forged = new SampleLog(signer, (n) => sampleEntry(n === 300 ? 1 : n)).archive(SIZE);
    forged.set('checkpoint', file('checkpoint'));
    expect(await verify(forged)).toMatchObject({
      code: 'checkpoint.root',
      position: 0,
      through: 599,
      confirmed: 0,
    });
  });

  it.each([
    ['a bundle', 'tile/entries/001', { code: 'archive.missing', position: 256, through: 511 }],
    ['its checkpoint', 'checkpoint', { code: 'archive.missing', position: null }],
  ])('is found when %s is missing', async (_, path, expected) => {
    expect(await verify(without(path))).toMatchObject({ ok: false, ...expected });
  });

  it.each([
    ['a bundle cut short', 'tile/entries/001', (bytes: Buffer) => bytes.subarray(1), 256],
    [
      'a bundle with an entry too many',
      'tile/entries/001',
      (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(2)]),
      256,
    ],
    ['a tile cut short', 'tile/0/001', (bytes: Buffer) => bytes.subarray(1), 256],
  ])('is found with %s', async (_, path, change, position) => {
    expect(await verify(changed(path, change))).toMatchObject({ ok: false, code: 'archive.tile', position });
  });

  it('is found when its end was cut off, against an earlier checkpoint', async () => {
    expect(await verify(log.archive(500), { earlier: log.note(SIZE) })).toMatchObject({
      code: 'earlier.longer',
      position: 500,
    });
  });

  it('is refused if another key has signed it, or nobody', async () => {
    const foreign = new SampleLog(stranger).archive(SIZE);
    expect(await verify(foreign)).toMatchObject({ code: 'checkpoint.signature' });
    expect(await verify(changed('checkpoint', () => Buffer.from([255])))).toMatchObject({
      code: 'checkpoint.signature',
    });
  });

  it('tells of nothing that stands in it', async () => {
    const report = await verify(changed('tile/entries/000', flip(40)));
    expect(JSON.stringify(report)).not.toContain('sample');
  });

  it('is found wherever a byte was changed', async () => {
    const small = new SampleLog(signer).archive(3);
    for (const [path, bytes] of small) {
      for (let at = 0; at < bytes.length; at++) {
        const copy = new Map(small).set(path, flip(at)(Buffer.from(bytes)));
        expect(await verify(copy), `${path} at ${at}`).toMatchObject({ ok: false });
      }
    }
  });
});

describe('an export that begins later', () => {
  const FIRST = 300;
  const later = new SampleLog(signer, sampleEntry, { first: FIRST });
  const archive = reading(log.archive(FIRST));
  const exported = [bytesOf(later.export(SIZE, [400]))];

  it('is one log with the archive that it continues', async () => {
    expect(await verifyExport(exported, key, { archive })).toMatchObject({
      ok: true,
      size: SIZE,
      archived: FIRST,
      checkpoints: 3,
      root: Buffer.from(log.tree(SIZE).root()).toString('base64'),
      firstAt: '2026-01-15T12:00:00.000Z',
    });
  });

  it('may hold no entry yet', async () => {
    const empty = new SampleLog(signer, sampleEntry, { first: FIRST }).export(FIRST);
    expect(empty).toHaveLength(2);
    expect(await verifyExport([bytesOf(empty)], key, { archive })).toMatchObject({ ok: true, size: FIRST });
  });

  it('continues the tree of the entries before, which the caller vouches for', async () => {
    const start = log.tree(FIRST);
    expect(await verifyExport(exported, key, { start })).toMatchObject({ ok: true, size: SIZE, archived: 0 });
    // The caller's tree is as it was, so the same export verifies again.
    expect(await verifyExport(exported, key, { start })).toMatchObject({ ok: true });
    const other = new SampleLog(signer, (n) => sampleEntry(n + 1)).tree(FIRST);
    expect(await verifyExport(exported, key, { start: other })).toMatchObject({
      code: 'checkpoint.root',
      position: FIRST,
      through: 399,
    });
  });

  it('says that it needs the archive', async () => {
    expect(await verifyExport(exported, key)).toMatchObject({
      ok: false,
      code: 'export.needs_archive',
      position: null,
    });
    expect(await verifyExport(exported, key, { earlier: log.note(FIRST) })).toMatchObject({
      code: 'export.needs_archive',
    });
  });

  it('does not continue an archive of another size or content', async () => {
    for (const size of [299, 301]) {
      const wrong = reading(log.archive(size));
      expect(await verifyExport(exported, key, { archive: wrong })).toMatchObject({ code: 'export.gap' });
    }
    const foreign = reading(new SampleLog(signer, (n) => sampleEntry(n + 1)).archive(FIRST));
    expect(await verifyExport(exported, key, { archive: foreign })).toMatchObject({
      code: 'checkpoint.root',
      position: 300,
    });
    const whole = [bytesOf(log.export(SIZE))];
    expect(await verifyExport(whole, key, { archive })).toMatchObject({ code: 'export.gap' });
  });

  it('is compared with an earlier checkpoint wherever that lies', async () => {
    for (const size of [1, 299, 300, 301, 600]) {
      const earlier = log.note(size);
      expect(await verifyExport(exported, key, { archive, earlier })).toMatchObject({
        ok: true,
        earlierSize: size,
      });
    }
    const start = log.tree(FIRST);
    expect(await verifyExport(exported, key, { start, earlier: log.note(300) })).toMatchObject({ ok: true });
    expect(await verifyExport(exported, key, { start, earlier: log.note(299) })).toMatchObject({
      code: 'earlier.unreachable',
    });
  });

  it('is verified with an archive that a key signed which was replaced since', async () => {
    for (const from of [200, 300, 400]) {
      const successors = [{ signer: successor, from }];
      const rotated = new SampleLog(signer, sampleEntry, { successors, first: FIRST });
      const before = reading(rotated.archive(FIRST));
      for (const trusted of [signer, successor]) {
        const report = await verifyExport([bytesOf(rotated.export(SIZE))], trusted.verifier, {
          archive: before,
        });
        expect(report, `replaced at ${from}`).toMatchObject({ ok: true, size: SIZE, keys: 2 });
      }
    }
  });
});
