import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CheckpointInvalid,
  formatCheckpoint,
  openCheckpoint,
  parseCheckpoint,
  signCheckpoint,
} from './checkpoint.js';
import { leafHash } from './merkle.js';
import { NoteInvalid, openNote, signNote } from './note.js';
import { generateNoteKey, NoteKeyInvalid, NoteSigner, NoteVerifier } from './note-key.js';
import { subtreeRoot } from './proof.js';

// The example of golang.org/x/mod/sumdb/note. Ed25519 is deterministic, so the whole note is a fact.
const VKEY = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const SKEY = 'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz';
const TEXT =
  "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const NOTE = `${TEXT}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n`;

const verifier = NoteVerifier.parse(VKEY);
const { skey } = generateNoteKey('other.example/key');
const other = NoteSigner.parse(skey);

describe('a note key', () => {
  it('is written as it was read', () => {
    expect(verifier.toString()).toBe(VKEY);
    expect(NoteSigner.parse(SKEY).verifier.toString()).toBe(VKEY);
  });

  it('is read back after being made', () => {
    const pair = generateNoteKey('vault.example/audit');
    expect(NoteSigner.parse(pair.skey).verifier.toString()).toBe(pair.vkey);
  });

  it('is refused with any character of it missing or changed', () => {
    for (let at = 0; at < VKEY.length; at++) {
      const next = String.fromCharCode(VKEY.charCodeAt(at) + 1);
      expect(() => NoteVerifier.parse(VKEY.slice(0, at) + VKEY.slice(at + 1))).toThrow(NoteKeyInvalid);
      expect(() => NoteVerifier.parse(VKEY.slice(0, at) + next + VKEY.slice(at + 1))).toThrow(NoteKeyInvalid);
    }
  });

  it.each(['', 'two words', 'a+b', 'line\nbreak', 'no\u00a0break', 'tab\t', 'nul\0'])(
    'has no name like %j',
    (name) => {
      expect(() => generateNoteKey(name)).toThrow(NoteKeyInvalid);
    },
  );

  it('shows its secret neither when inspected, serialised nor in an error', () => {
    const secret = SKEY.slice(-20, -2);
    const signer = NoteSigner.parse(SKEY);
    const shown = [inspect(signer, { depth: 9, showHidden: true }), JSON.stringify(signer)];
    try {
      NoteSigner.parse(`${SKEY}x`);
    } catch (error) {
      shown.push(inspect(error));
    }
    expect(shown).toHaveLength(3);
    expect(shown.filter((text) => text.includes(secret))).toEqual([]);
  });
});

describe('a note', () => {
  it('is signed exactly as the published one', () => {
    expect(signNote(TEXT, NoteSigner.parse(SKEY))).toBe(NOTE);
  });

  it('opens to its text', () => {
    expect(openNote(NOTE, verifier)).toBe(TEXT);
  });

  it('opens beside signatures of unknown keys', () => {
    const cosigned = NOTE + signNote(TEXT, other).slice(TEXT.length + 1);
    expect(openNote(cosigned, verifier)).toBe(TEXT);
    expect(openNote(cosigned, other.verifier)).toBe(TEXT);
  });

  it('does not open for a key that has not signed it', () => {
    expect(() => openNote(signNote(TEXT, other), verifier)).toThrow(NoteInvalid);
  });

  it('does not open if one of two signatures of the key is wrong', () => {
    const [, line = ''] = signNote('another text\n', NoteSigner.parse(SKEY)).split('\n\n');
    expect(() => openNote(NOTE + line, verifier)).toThrow(NoteInvalid);
  });

  it('does not open with any bit of it changed', () => {
    const bytes = Buffer.from(NOTE);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(7), (at, bit) => {
        const copy = Buffer.from(bytes);
        copy[at] = (copy[at] ?? 0) ^ (1 << bit);
        expect(() => openNote(copy.toString('utf8'), verifier)).toThrow(NoteInvalid);
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    ['no signature', `${TEXT}\n`],
    ['no empty line', NOTE.replace('\n\n', '\n')],
    ['no last newline', NOTE.slice(0, -1)],
    ['two last newlines', `${NOTE}\n`],
    ['a control character', NOTE.replace('think', 'th\tnk')],
    ['a carriage return', NOTE.replaceAll('\n', '\r\n')],
    ['a hyphen for the dash', NOTE.replace('—', '-')],
    ['a signature of no bytes', `${NOTE}— PeterNeumann x08gow==\n`],
    ['a malformed line beside a good one', `${NOTE}— x\n`],
  ])('does not open with %s', (_, note) => {
    expect(() => openNote(note, verifier)).toThrow(NoteInvalid);
  });

  it.each(['', 'no newline', 'bell\u0007\n'])('is not made of %j', (text) => {
    expect(() => signNote(text, other)).toThrow(NoteInvalid);
  });
});

describe('a checkpoint', () => {
  const root = leafHash(Buffer.from('x'));
  const text = formatCheckpoint({ origin: 'example.com/log', size: 12, root });

  it('is read as it was written', () => {
    expect(parseCheckpoint(text)).toEqual({ origin: 'example.com/log', size: 12, root });
  });

  it('may have extension lines', () => {
    expect(parseCheckpoint(`${text}extension\n`).size).toBe(12);
  });

  it.each([
    ['a leading zero', text.replace('12', '012')],
    ['a sign', text.replace('12', '+12')],
    ['a size no number holds', text.replace('12', '9007199254740993')],
    ['an exponent', text.replace('12', '1e3')],
    ['no size', text.replace('12', '')],
    ['no origin', text.replace('example.com/log', '')],
    ['a short root', text.replace(/\n[^\n]+\n$/, '\nAAAA\n')],
    ['base64 of another spelling', text.replace(/=\n$/, '\n')],
    ['no last newline', text.slice(0, -1)],
    ['an empty extension line', `${text}\n`],
    ['an empty line before an extension', `${text}\nextension\n`],
  ])('is not read with %s', (_, changed) => {
    expect(() => parseCheckpoint(changed)).toThrow(CheckpointInvalid);
  });

  it('is not written for an origin that would add a line', () => {
    expect(() => formatCheckpoint({ origin: 'a\n999', size: 1, root })).toThrow(CheckpointInvalid);
  });

  it('is of the log that its key is of', () => {
    const note = signCheckpoint({ size: 12, root }, other);
    expect(openCheckpoint(note, other.verifier)).toEqual({ origin: other.name, size: 12, root });
    const foreign = signNote(text, other);
    expect(() => openCheckpoint(foreign, other.verifier)).toThrow(CheckpointInvalid);
  });
});

const log = join(import.meta.dirname, '../../../../../shared/vectors/merkle/testdata/log');
const missing = existsSync(log) ? '' : ` (skipped: no ${log})`;

describe.skipIf(missing)(`the log of transparency-dev/merkle${missing}`, () => {
  it('has the roots that its checkpoints say', () => {
    const entries = readBundle(readFileSync(join(log, 'tile/entries/000.p/15')));
    const files = readdirSync(log).filter((name) => name.startsWith('checkpoint.'));
    for (const file of files) {
      const [body = ''] = readFileSync(join(log, file), 'utf8').split('\n\n');
      const { size, root } = parseCheckpoint(`${body}\n`);
      expect(Buffer.from(root)).toEqual(Buffer.from(subtreeRoot(entries.slice(0, size).map(leafHash))));
    }
    expect(files.length).toBeGreaterThan(10);
  });
});

/** C2SP tlog-tiles entry bundle: each entry after its length as u16 BE. */
function readBundle(bytes: Buffer): Uint8Array[] {
  const entries: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 2 + bytes.readUInt16BE(at);
    entries.push(bytes.subarray(at + 2, end));
    at = end;
  }
  return entries;
}
