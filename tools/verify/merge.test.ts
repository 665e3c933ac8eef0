import { describe, expect, it } from 'vitest';
import { bytesOf, SampleLog } from '../../libs/audit-log/src/core/export.fixture.js';
import { generateNoteKey, NoteSigner } from '../../libs/audit-log/src/core/index.js';
import { testMachine } from '../auditor/machine.fixture.js';
import { verifyCommand } from './command.js';

const [vault, api] = ['vault.example/audit', 'api.example/audit'].map((name) => {
  return NoteSigner.parse(generateNoteKey(name).skey);
}) as [NoteSigner, NoteSigner];
const keys = [vault, api].flatMap(({ verifier }) => ['--key', verifier.toString()]);

/** A log whose n-th entry is of the n-th of these seconds; null: an entry without a time. */
function logAt(signer: NoteSigner, ...seconds: (number | null)[]): string {
  const entryOf = (n: number) => {
    const second = seconds[n];
    const at = typeof second === 'number' && `2026-01-15T12:00:${String(second).padStart(2, '0')}.000Z`;
    return Buffer.from(at ? `{"v":1, "at":"${at}","n":${n}}` : Buffer.of(0xff, n));
  };
  return Buffer.from(bytesOf(new SampleLog(signer, entryOf).export(seconds.length, [2]))).toString('utf8');
}

interface Line {
  readonly log: string;
  readonly position: number;
  readonly entry?: { readonly at: string };
  readonly base64?: string;
}
const read = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
const places = (text: string) => read(text).map(({ log, position }) => `${log.split('.')[0]} ${position}`);

async function merge(vaultLog: string, apiLog: string, target = 'all.ndjson') {
  const run = testMachine({ 'vault.ndjson': vaultLog, 'api.ndjson': apiLog });
  const status = await verifyCommand(['vault.ndjson', 'api.ndjson', ...keys, '--merge', target], run.machine);
  const file = run.files.get('all.ndjson');
  return { status, merged: file && Buffer.from(file).toString('utf8'), ...run };
}

describe('merged logs', () => {
  it('are in order of time, each entry with its log, its place and its own bytes', async () => {
    const { status, merged = '', out } = await merge(logAt(vault, 1, 4, 5, 9), logAt(api, 2, 3, 6, 7, 8));
    expect(status).toBe(0);
    expect(places(merged)).toEqual([
      'vault 0',
      'api 0',
      'api 1',
      'vault 1',
      'vault 2',
      'api 2',
      'api 3',
      'api 4',
      'vault 3',
    ]);
    expect(merged.split('\n')[0]).toBe(
      '{"log":"vault.example/audit","position":0,"entry":{"v":1, "at":"2026-01-15T12:00:01.000Z","n":0}}',
    );
    expect(out.match(/^VERIFIED/gm)).toHaveLength(2);
  });

  it('keep each log’s own order where its times are not sorted, or missing', async () => {
    const { merged = '' } = await merge(logAt(vault, 5, 3, null, 6), logAt(api, 4, 6));
    expect(places(merged)).toEqual(['api 0', 'vault 0', 'vault 1', 'vault 2', 'vault 3', 'api 1']);
    expect(read(merged)[3]?.base64).toBe(Buffer.of(0xff, 2).toString('base64'));
  });

  it('go to standard output alone', async () => {
    const { status, out, error } = await merge(logAt(vault, 1, 4), logAt(api, 2), '-');
    expect(status).toBe(0);
    expect(places(out)).toEqual(['vault 0', 'api 0', 'vault 1']);
    expect(error.match(/^VERIFIED/gm)).toHaveLength(2);
  });

  it('may be empty', async () => {
    expect(await merge(logAt(vault), logAt(api))).toMatchObject({ status: 0, merged: '' });
  });

  it('are not there if one of them is not verified, up to its last byte', async () => {
    const good = logAt(vault, 1, 2, 3);
    const changed = logAt(api, 1, 2, 3).replace('"n":1', '"n":2');
    const unsigned = logAt(api, 1, 2, 3).replace(/[^\n]+\n$/, '');
    for (const bad of [changed, unsigned]) {
      for (const target of ['all.ndjson', '-']) {
        const { status, merged, out, error, dropped } = await merge(good, bad, target);
        expect({ status, merged, dropped }).toEqual({ status: 1, merged: undefined, dropped: 1 });
        expect(out + error).not.toContain('"position"');
        expect(error).toContain('NOT VERIFIED api.example/audit');
        expect(out + error).toContain('VERIFIED vault.example/audit');
      }
    }
  });
});
