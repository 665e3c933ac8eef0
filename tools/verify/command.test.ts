import { describe, expect, it } from 'vitest';
import { bytesOf, SampleLog, sampleEntry } from '../../libs/audit-log/src/core/export.fixture.js';
import {
  checkpointTextOf,
  generateNoteKey,
  generateWitnessKey,
  NoteSigner,
  WitnessSigner,
} from '../../libs/audit-log/src/core/index.js';
import { testMachine } from '../auditor/machine.fixture.js';
import { verifyCommand } from './command.js';

const newSigner = (name = 'vault.example/audit') => NoteSigner.parse(generateNoteKey(name).skey);
const [signer, apiSigner] = [newSigner(), newSigner('api.example/audit')];
const vkey = signer.verifier.toString();
const witness = generateWitnessKey('w.example/1').vkey;
const log = new SampleLog(signer);
const sample = text(log.export(12, [5]));
const flipped = sample.replace(/("position":8,.*"action":"tests\.)(.)/, '$1S');
const later = new SampleLog(signer, sampleEntry, { first: 5 });

function text(lines: string[]): string {
  return Buffer.from(bytesOf(lines)).toString('utf8');
}

async function run(args: string[], files: Record<string, string | Uint8Array>, isWatched = false) {
  const test = testMachine(files, { isWatched });
  const status = await verifyCommand(args, test.machine);
  return { status, ...test };
}

/** The files of an archive as a folder's. */
function folder(name: string, archive: Map<string, Uint8Array>): Record<string, Uint8Array> {
  return Object.fromEntries([...archive].map(([path, bytes]) => [`${name}/${path}`, bytes]));
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
    const files = { '-': sample, 'key.pub': `${vkey}\n` };
    expect(await run(['-', '--key', 'key.pub'], files)).toMatchObject({ status: 0 });
  });

  it('names the first bad position after one byte is changed, and shows what was expected and found', async () => {
    const { status, out, error } = await run(['log.ndjson', '--key', vkey], { 'log.ndjson': flipped });
    expect({ status, out }).toEqual({ status: 1, out: '' });
    expect(error).toMatch(
      /^NOT VERIFIED vault\.example\/audit: first bad position 8: the stored bytes do not have the leaf hash/,
    );
    expect(error).toMatch(/\n {2}leaf hash: expected \S{44}\n {2}leaf hash: found {4}\S{44}\n/);
    expect(error).toContain('positions 0 to 4 are as a signed checkpoint says');
    expect(error).toContain('positions 5 to 7 agree with their own hashes');
    expect(error).not.toContain('tests.');
  });

  it('names where the first bad position lies if only a signed root tells', async () => {
    const forged = new SampleLog(signer, (n) => sampleEntry(n === 6 ? 66 : n)).export(12, [5]);
    const files = { 'log.ndjson': text([...forged.slice(0, -1), log.export(12).at(-1) as string]) };
    const { status, error } = await run(['log.ndjson', '--key', vkey], files);
    expect(status).toBe(1);
    expect(error).toContain('first bad position between 5 and 11');
    expect(error).toMatch(/root of 12 entries: expected \S{44}\n/);
  });

  it('compares with an earlier checkpoint', async () => {
    const files = { 'log.ndjson': sample, 'old.note': log.note(7), 'longer.note': log.note(13) };
    const good = await run(['log.ndjson', '--key', vkey, '--checkpoint', 'old.note'], files);
    expect(good.out).toContain('begins with the 7 entries of the earlier checkpoint');
    const cut = await run(['log.ndjson', '--key', vkey, '--checkpoint', 'longer.note'], files);
    expect(cut.status).toBe(1);
    expect(cut.error).toContain('first bad position 12: the earlier checkpoint covers 13 entries');
  });

  it('keeps the last checkpoint, and continues from it the next time', async () => {
    const first = await run(['log.ndjson', '--key', vkey, '--save', 'kept.note'], { 'log.ndjson': sample });
    expect(first.status).toBe(0);
    const kept = Buffer.from(first.files.get('kept.note') as Uint8Array);
    expect(kept.toString()).toBe(log.note(12));
    const args = ['log.ndjson', '--key', vkey, '--checkpoint', 'kept.note', '--save', 'kept.note'];
    const next = await run(args, { 'log.ndjson': text(log.export(20)), 'kept.note': kept });
    expect(next.out).toContain('begins with the 12 entries');
    const fork = text(new SampleLog(signer, (n) => sampleEntry(n + 1)).export(20));
    const refused = await run(args, { 'log.ndjson': fork, 'kept.note': kept });
    expect(refused.status).toBe(1);
    expect(Buffer.from(refused.files.get('kept.note') as Uint8Array)).toEqual(kept);
  });

  it('follows a log whose key was replaced', async () => {
    const next = newSigner();
    const rotated = new SampleLog(signer, sampleEntry, { successors: [{ signer: next, from: 6 }] });
    for (const trusted of [signer, next]) {
      const files = { 'log.ndjson': text(rotated.export(12)) };
      const { status, out } = await run(['log.ndjson', '--key', trusted.verifier.toString()], files);
      expect(status).toBe(0);
      expect(out).toContain(
        `signed by 2 keys, one after the other; the newest is ${next.verifier.toString()}`,
      );
    }
  });

  it('says who has cosigned, and asks for enough of them', async () => {
    const [one, two] = ['w.example/1', 'w.example/2'].map((name) => {
      return WitnessSigner.parse(generateWitnessKey(name).skey);
    }) as [WitnessSigner, WitnessSigner];
    const cosign = (note: string) => note + one.cosign(checkpointTextOf(note).text, 1_768_478_400);
    const files = {
      'log.ndjson': text(new SampleLog(signer, sampleEntry, { cosign }).export(12)),
      'w2.pub': `${two.verifier.toString()}\n`,
    };
    const both = ['log.ndjson', '--key', vkey, '--witness', one.verifier.toString(), '--witness', 'w2.pub'];
    const good = await run([...both, '--quorum', '1'], files);
    expect(good.out).toContain('cosigned up to 12 entries by w.example/1 at 2026-01-15T12:00:00.000Z');
    const few = await run(both, files);
    expect([few.status, few.error]).toEqual([1, expect.stringContaining('(witness.quorum)')]);
    expect(await run([...both, '--quorum', '3'], files)).toMatchObject({ status: 2 });
  });

  it('refuses a log that was signed without its witness for longer than is allowed', async () => {
    const one = WitnessSigner.parse(generateWitnessKey('w.example/1').skey);
    const cosign = (note: string) => {
      const { text, checkpoint } = checkpointTextOf(note);
      return checkpoint.size === 5 ? note + one.cosign(text, 1_768_478_400) : note;
    };
    const exported = text(new SampleLog(signer, sampleEntry, { cosign }).export(12, [5]));
    const asked = ['log.ndjson', '--key', vkey, '--witness', one.verifier.toString()];
    const verify = (...more: string[]) => run([...asked, ...more], { 'log.ndjson': exported });
    const young = await verify();
    expect(young.status).toBe(0);
    expect(young.out).toContain(
      '  cosigned up to 5 entries by w.example/1 at 2026-01-15T12:00:00.000Z\n' +
        '  not covered by these witnesses: 7 entries, of 2026-01-15T12:00:05.000Z and later\n',
    );
    for (const more of [
      ['--witness-lag', '11s'],
      ['--witness-lag', '0s'],
      ['--taken', '2026-01-15T13:00:00Z'],
    ]) {
      const { status, error } = await verify(...more);
      expect([status, error]).toEqual([1, expect.stringContaining('(witness.lag)')]);
      expect(error).toContain('the witnesses cover 5 of 12 entries');
      expect(error).toMatch(/seen: expected after 2026-\S+\n {2}seen: found {4}2026-01-15T12:00:00\.000Z\n/);
    }
    expect(await verify('--taken', '2026-01-15T13:00:00Z', '--witness-lag', '2h')).toMatchObject({
      status: 0,
    });
  });

  it('verifies an archive, and an export with the archive that it continues', async () => {
    const archive = folder('old', log.archive(5));
    const files: Record<string, string | Uint8Array> = {
      ...archive,
      'log.ndjson': text(later.export(12)),
      'whole.ndjson': sample,
    };
    expect(await run(['old', '--key', vkey], files)).toMatchObject({ status: 0 });
    const both = await run(['old', 'log.ndjson', '--key', vkey], files);
    expect(both).toMatchObject({ status: 0, error: '' });
    expect(both.out).toContain('  size   12 entries under 2 signed checkpoints\n');
    expect(both.out).toContain('the first 5 entries are in the archive');
    expect(both.out.match(/VERIFIED/g)).toHaveLength(1);
    const alone = await run(['log.ndjson', '--key', vkey], files);
    expect([alone.status, alone.error]).toEqual([1, expect.stringContaining('needs_archive')]);
    const cut = { ...files };
    delete cut['old/tile/entries/000.p/5'];
    const gone = await run(['old', 'log.ndjson', '--key', vkey], cut);
    expect([gone.status, gone.error]).toEqual([
      1,
      expect.stringContaining('first bad position between 0 and 4'),
    ]);
  });

  it('verifies several logs, each with the key and the checkpoint of its name', async () => {
    const api = new SampleLog(apiSigner);
    const files = {
      'vault.ndjson': sample,
      'api.ndjson': text(api.export(9)),
      'api.note': api.note(4),
      'bad.ndjson': flipped,
    };
    const keys = ['--key', apiSigner.verifier.toString(), '--key', vkey];
    const good = await run(['vault.ndjson', 'api.ndjson', ...keys, '--checkpoint', 'api.note'], files);
    expect(good.status).toBe(0);
    expect(good.out.match(/^VERIFIED .*$/gm)).toEqual([
      'VERIFIED vault.example/audit',
      'VERIFIED api.example/audit',
    ]);
    expect(good.out).toContain('begins with the 4 entries');
    const bad = await run(['bad.ndjson', 'api.ndjson', ...keys], files);
    expect(bad.status).toBe(1);
    expect(bad.error).toContain('NOT VERIFIED vault.example/audit');
    expect(bad.out).toContain('VERIFIED api.example/audit');
    const foreign = await run(['vault.ndjson', 'api.ndjson', '--key', vkey], files);
    expect([foreign.status, foreign.error]).toEqual([1, expect.stringContaining('another log than the key')]);
    const unused = await run(['vault.ndjson', 'vault.ndjson', ...keys, '--checkpoint', 'api.note'], files);
    expect(unused.status).toBe(2);
  });

  it('shows a person how far it is, and nobody else', async () => {
    const files = { 'log.ndjson': sample };
    const watched = await run(['log.ndjson', '--key', vkey], files, true);
    const [first, ...shown] = watched.error.split('\r\u001b[K');
    expect([first, shown.pop()]).toEqual(['', '']);
    expect(shown.length).toBeGreaterThan(1);
    expect(shown.filter((line) => !/^\d+ entries, \d+\/s$/.test(line))).toEqual([]);
    expect((await run(['log.ndjson', '--key', vkey], files)).error).toBe('');
  });

  it.each([
    ['no key', ['log.ndjson']],
    ['no export', ['--key', vkey]],
    ['an unknown option', ['log.ndjson', '--key', vkey, '--trust']],
    ['an absent file', ['absent', '--key', vkey]],
    ['an absent key file', ['log.ndjson', '--key', 'absent']],
    ['an absent checkpoint', ['log.ndjson', '--key', vkey, '--checkpoint', 'absent']],
    ['a malformed key', ['log.ndjson', '--key', 'log.ndjson']],
    ['two keys of one log', ['log.ndjson', '--key', vkey, '--key', newSigner().verifier.toString()]],
    ['a malformed witness', ['log.ndjson', '--key', vkey, '--witness', vkey]],
    ['a quorum without witnesses', ['log.ndjson', '--key', vkey, '--quorum', '1']],
    ['no number as quorum', ['log.ndjson', '--key', vkey, '--quorum', 'all']],
    ['a lag and no witness', ['log.ndjson', '--key', vkey, '--witness-lag', '1h']],
    ['no time as lag', ['log.ndjson', '--key', vkey, '--witness', witness, '--witness-lag', '60']],
    ['no time of taking', ['log.ndjson', '--key', vkey, '--witness', witness, '--taken', '2026-01-15']],
    ['a token and no app', ['log.ndjson', '--key', vkey, '--token-file', 'log.ndjson']],
    ['one file for two checkpoints', ['log.ndjson', 'log.ndjson', '--key', vkey, '--save', 'kept']],
    ['one log twice to be merged', ['log.ndjson', 'log.ndjson', '--key', vkey, '--merge', '-']],
  ])('neither accepts nor refuses with %s', async (_, args) => {
    const { status, out, error, files } = await run(args, { 'log.ndjson': sample });
    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(error).not.toBe('');
    expect(files.size).toBe(1);
  });
});
