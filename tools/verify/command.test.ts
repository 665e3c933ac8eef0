import { describe, expect, it } from 'vitest';
import { sampleCheckpoint, sampleExport } from '../../libs/audit-log/src/core/export.fixture.js';
import { generateNoteKey, NoteSigner } from '../../libs/audit-log/src/core/index.js';
import { verifyCommand } from './command.js';

const signer = NoteSigner.parse(generateNoteKey('vault.example/audit').skey);
const vkey = signer.verifier.toString();
const sample = `${sampleExport(signer, 12, [5]).join('\n')}\n`;
const flipped = sample.replace(/("position":8,.*"entry":".{40})(.)/, (_, before: string, char: string) => {
  return before + (char === 'A' ? 'B' : 'A');
});

async function run(args: string[], files: Record<string, string>) {
  let out = '';
  let error = '';
  const open = (path: string) => {
    const text = files[path];
    if (text === undefined) throw new Error(`no file ${path}`);
    return text;
  };
  const status = await verifyCommand(args, {
    async *readBytes(path) {
      yield await Promise.resolve(Buffer.from(open(path ?? 'stdin')));
    },
    readText: (path) => Promise.resolve().then(() => open(path)),
    out: (text) => {
      out += text;
    },
    error: (text) => {
      error += text;
    },
  });
  return { status, out, error };
}

describe('integument-verify', () => {
  it('accepts an export and says what it is of', async () => {
    const { status, out } = await run(['log.ndjson', '--key', vkey], { 'log.ndjson': sample });
    expect(status).toBe(0);
    expect(out).toMatch(
      /^VERIFIED vault\.example\/audit\n {2}size {3}12 entries under 2 signed checkpoints\n {2}root {3}\S{44}\n {2}first {2}2026-01-15T12:00:00\.000Z\n {2}last {3}2026-01-15T12:00:11\.000Z\n$/,
    );
  });

  it('reads standard input and a key file', async () => {
    const files = { stdin: sample, 'key.pub': `${vkey}\n` };
    expect(await run(['-', '--key', 'key.pub'], files)).toMatchObject({ status: 0 });
  });

  it('names the first bad position after one byte is flipped', async () => {
    const { status, out, error } = await run(['log.ndjson', '--key', vkey], { 'log.ndjson': flipped });
    expect({ status, out }).toEqual({ status: 1, out: '' });
    expect(error).toMatch(/^NOT VERIFIED: first bad position 8: the stored bytes do not have the leaf hash/);
    expect(error).toContain('positions 0 to 4 are as a signed checkpoint says');
    expect(error).toContain('positions 5 to 7 agree with their own hashes');
  });

  it('names where the first bad position lies if only a signed root tells', async () => {
    const forged = sampleExport(signer, 12, [5], (n) => Buffer.from(`{"n":${n === 6 ? 66 : n}}`));
    const true5 = sampleExport(signer, 12, [5], (n) => Buffer.from(`{"n":${n}}`));
    const files = { 'log.ndjson': `${[...forged.slice(0, -1), true5.at(-1)].join('\n')}\n` };
    const { status, error } = await run(['log.ndjson', '--key', vkey], files);
    expect(status).toBe(1);
    expect(error).toContain('first bad position between 5 and 11');
  });

  it('compares with an earlier checkpoint', async () => {
    const files = { 'log.ndjson': sample, 'old.note': sampleCheckpoint(signer, 7) };
    const good = await run(['log.ndjson', '--key', vkey, '--checkpoint', 'old.note'], files);
    expect(good.out).toContain('begins with the 7 entries of the earlier checkpoint');
    const longer = { ...files, 'old.note': sampleCheckpoint(signer, 13) };
    const cut = await run(['log.ndjson', '--key', vkey, '--checkpoint', 'old.note'], longer);
    expect(cut.status).toBe(1);
    expect(cut.error).toContain('first bad position 12: the earlier checkpoint covers 13 entries');
  });

  it.each([
    ['no key', ['log.ndjson']],
    ['no export', ['--key', vkey]],
    ['two exports', ['log.ndjson', 'log.ndjson', '--key', vkey]],
    ['an unknown option', ['log.ndjson', '--key', vkey, '--trust']],
    ['an absent file', ['absent', '--key', vkey]],
    ['an absent key file', ['log.ndjson', '--key', 'absent']],
    ['an absent checkpoint', ['log.ndjson', '--key', vkey, '--checkpoint', 'absent']],
    ['a malformed key', ['log.ndjson', '--key', 'log.ndjson']],
  ])('neither accepts nor refuses with %s', async (_, args) => {
    const { status, out, error } = await run(args, { 'log.ndjson': sample });
    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(error).not.toBe('');
  });
});
