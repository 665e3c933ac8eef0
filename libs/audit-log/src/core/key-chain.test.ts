import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { CheckpointInvalid, openCheckpoint, signCheckpoint } from './checkpoint.js';
import { bytesOf, SampleLog, sampleEntry } from './export.fixture.js';
import { formatCheckpointLine, formatHeader } from './export-format.js';
import { keyDigest, rotationDetails } from './key-chain.js';
import { leafHash } from './merkle.js';
import { openNote } from './note.js';
import { generateNoteKey, NoteSigner } from './note-key.js';
import { verifyExport } from './verify-export.js';
import type { ExportOptions } from './verify-options.js';

const newSigner = (name = 'vault.example/audit') => NoteSigner.parse(generateNoteKey(name).skey);
const [old, current, next, stranger] = [newSigner(), newSigner(), newSigner(), newSigner()];
const successors = [
  { signer: current, from: 8 },
  { signer: next, from: 14 },
];
const log = new SampleLog(old, sampleEntry, { successors });
// Line 0 is the header; notes stand behind 5, 8, 11, 14 and 20 entries: lines 6, 10, 14, 18 and 25.
const lines = log.export(20, [5, 11]);
const verify = (changed: string[], signer: NoteSigner, options?: ExportOptions) => {
  return verifyExport([bytesOf(changed)], signer.verifier, options);
};
const withNote = (at: number, note: string) => lines.toSpliced(at, 1, formatCheckpointLine(note));
const head = (size: number) => ({ size, root: log.tree(size).root() });

/** The same lines under a header whose keys were changed. */
function rekeyed(change: (keys: Record<string, unknown>[]) => void): string[] {
  const header = JSON.parse(lines[0] as string) as { keys: Record<string, unknown>[] };
  change(header.keys);
  return lines.toSpliced(0, 1, JSON.stringify(header));
}

describe('two keys on one checkpoint', () => {
  const note = signCheckpoint(head(8), old, current);

  it('both open it, the old one standing first', () => {
    expect(openCheckpoint(note, old.verifier)).toEqual(openCheckpoint(note, current.verifier));
    expect(note.split('\n').slice(4, 6)).toEqual(
      [old, current].map((signer) => signCheckpoint(head(8), signer).split('\n')[4]),
    );
    expect(() => openNote(note, next.verifier)).toThrow();
  });

  it('are of the same log', () => {
    expect(() => signCheckpoint(head(8), old, newSigner('other.example/audit'))).toThrow(CheckpointInvalid);
  });

  it('are named in the log by digests of their public texts', () => {
    const digest = createHash('sha256').update(old.verifier.toString()).digest('hex').slice(0, 32);
    expect(keyDigest(old.verifier)).toBe(digest);
    expect(rotationDetails(old.verifier, current.verifier)).toEqual({
      from: digest,
      to: keyDigest(current.verifier),
    });
  });
});

describe('a log whose key was replaced twice', () => {
  it.each([
    ['oldest', old],
    ['middle', current],
    ['newest', next],
  ])('is verified by who trusts the %s key', async (_, trusted) => {
    expect(await verify(lines, trusted)).toMatchObject({
      ok: true,
      size: 20,
      keys: 3,
      key: next.verifier.toString(),
      checkpoints: 5,
    });
  });

  it('continues an earlier checkpoint of each of its keys', async () => {
    for (const size of [3, 8, 9, 14, 17, 20]) {
      expect(await verify(lines, current, { earlier: log.note(size) })).toMatchObject({
        ok: true,
        earlierSize: size,
      });
    }
  });

  it('is not verified by who trusts another key', async () => {
    expect(await verify(lines, stranger)).toMatchObject({ ok: false, code: 'chain.untrusted' });
  });

  it('ends with its last change of keys at once', async () => {
    for (const trusted of [old, current]) {
      expect(await verify(log.export(8), trusted)).toMatchObject({ ok: true, keys: 2, size: 8 });
    }
  });

  it('is confirmed from the first checkpoint on that the trusted key has signed, no earlier', async () => {
    // Entry 9 is changed with its hash: the note of 11 entries tells, and what was confirmed until then depends on the key.
    const other = new SampleLog(old, (n) => sampleEntry(n === 9 ? 99 : n), { successors });
    const forged = lines.toSpliced(12, 1, other.export(20)[11] as string);
    expect(JSON.parse(forged[12] as string)).toMatchObject({ position: 9 });
    const expected = { ok: false, code: 'checkpoint.root', through: 10 };
    expect(await verify(forged, old)).toMatchObject({ ...expected, position: 8, confirmed: 8 });
    expect(await verify(forged, current)).toMatchObject({ ...expected, position: 8, confirmed: 8 });
    expect(await verify(forged, next)).toMatchObject({ ...expected, position: 0, confirmed: 0 });
  });
});

describe('a chain of keys', () => {
  const broken: [string, (keys: Record<string, unknown>[]) => void][] = [
    ['without a note between two keys', (keys) => delete keys[1]?.note],
    [
      'with a note of the old key alone',
      (keys) => ((keys[1] as { note: string }).note = signCheckpoint(head(8), old)),
    ],
    [
      'with a note of the new key alone',
      (keys) => ((keys[1] as { note: string }).note = signCheckpoint(head(8), current)),
    ],
    [
      'with a note of the new key and a stranger',
      (keys) => ((keys[1] as { note: string }).note = signCheckpoint(head(8), stranger, current)),
    ],
    [
      'with a note of another size',
      (keys) => ((keys[1] as { note: string }).note = signCheckpoint(head(7), old, current)),
    ],
    ['out of order', (keys) => keys.reverse()],
    ['without its first key', (keys) => keys.shift()],
    ['without a key between', (keys) => keys.splice(1, 1)],
    ['whose first key begins later', (keys) => ((keys[0] as { from: number }).from = 1)],
    [
      'of which a key is of another log',
      (keys) => ((keys[0] as { vkey: string }).vkey = newSigner('x').verifier.toString()),
    ],
    ['of which a key is malformed', (keys) => ((keys[0] as { vkey: string }).vkey = 'key')],
    [
      'that goes on behind the end',
      (keys) =>
        keys.push({
          vkey: stranger.verifier.toString(),
          from: 21,
          note: signCheckpoint(head(21), next, stranger),
        }),
    ],
  ];

  it.each(broken)('%s is refused by who trusts the newest key', async (_, change) => {
    expect(await verify(rekeyed(change), next)).toMatchObject({ ok: false, code: 'chain.unlinked' });
  });

  it('that ends before the trusted key is refused', async () => {
    expect(
      await verify(
        rekeyed((keys) => keys.pop()),
        next,
      ),
    ).toMatchObject({ code: 'chain.untrusted' });
  });

  it('of a root that the entries do not have is refused', async () => {
    const root = leafHash(new Uint8Array());
    const changed = rekeyed((keys) => {
      (keys[1] as { note: string }).note = signCheckpoint({ size: 8, root }, old, current);
    });
    expect(await verify(changed, current)).toMatchObject({
      code: 'checkpoint.root',
      position: 0,
      through: 7,
    });
  });

  it('is refused if the entry before a change of keys does not name the two', async () => {
    for (const rotation of [
      sampleEntry(7),
      Buffer.from(new SampleLog(current, sampleEntry, { successors: [{ signer: next, from: 8 }] }).entry(7)),
    ]) {
      const named = new SampleLog(old, sampleEntry, { successors });
      named.entry = (n) => (n === 7 ? rotation : SampleLog.prototype.entry.call(named, n));
      expect(await verify(named.export(20), old)).toMatchObject({
        ok: false,
        code: 'chain.entry',
        position: 7,
        through: 7,
      });
    }
  });
});

describe('a checkpoint of a log whose key was replaced', () => {
  it('confirms nothing if the old key alone has signed it', async () => {
    const note = signCheckpoint(head(11), old);
    for (const trusted of [old, current, next]) {
      expect(await verify(withNote(14, note), trusted)).toMatchObject({
        ok: false,
        code: 'checkpoint.retired_key',
        through: 10,
      });
    }
  });

  it('may be signed by a later key, as an archive’s is: that one has taken on the whole history', async () => {
    expect(await verify(withNote(14, signCheckpoint(head(11), next)), next)).toMatchObject({
      ok: true,
    });
  });

  it('is signed by both where one key follows the other', async () => {
    expect(await verify(withNote(10, signCheckpoint(head(8), current)), current)).toMatchObject({
      code: 'checkpoint.signature',
    });
    expect(await verify(withNote(10, signCheckpoint(head(8), old)), current)).toMatchObject({
      code: 'checkpoint.retired_key',
    });
  });

  it('is no earlier checkpoint if the old key alone has signed it', async () => {
    const earlier = signCheckpoint(head(17), old);
    expect(await verify(lines, old, { earlier })).toMatchObject({ code: 'earlier.signature' });
  });
});

describe('a log that a stolen old key continues by itself', () => {
  it('is refused by who trusts the new key', async () => {
    const fork = new SampleLog(old, (n) => sampleEntry(n + 50)).export(20);
    expect(await verify(fork, current)).toMatchObject({ ok: false, code: 'checkpoint.signature' });
    const named = [formatHeader({ origin: old.name, size: 20, keys: keysOf(lines) }), ...fork.slice(1)];
    expect(await verify(named, current)).toMatchObject({ ok: false, code: 'checkpoint.root', confirmed: 0 });
  });

  it('is found by who trusts the old key and has kept a checkpoint of after the change', async () => {
    const fork = new SampleLog(old, (n) => sampleEntry(n + 50)).export(20);
    expect(await verify(fork, old)).toMatchObject({ ok: true });
    expect(await verify(fork, old, { earlier: log.note(11) })).toMatchObject({ code: 'earlier.signature' });
  });
});

function keysOf([header = '']: string[]) {
  return (JSON.parse(header) as { keys: { vkey: string; from: number; note?: string }[] }).keys;
}
