import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bytesOf, SampleLog, sampleEntry } from '../../libs/audit-log/src/core/export.fixture.js';
import {
  checkpointTextOf,
  consistencyPath,
  formatCheckpointLine,
  generateNoteKey,
  generateWitnessKey,
  leafHash,
  NoteSigner,
  readCheckpointUnverified,
  subtreeRoot,
  WitnessSigner,
} from '../../libs/audit-log/src/core/index.js';
import { type Machine, thisMachine } from '../auditor/machine.js';
import { verifyCommand } from './command.js';

const signer = NoteSigner.parse(generateNoteKey('vault.example/audit').skey);
const witness = WitnessSigner.parse(generateWitnessKey('w.example/1').skey);
const vkey = signer.verifier.toString();
const log = new SampleLog(signer);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'integument-verify-'));
});
afterEach(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

function put(name: string, content: string | Uint8Array): string {
  mkdirSync(dirname(at(name)), { recursive: true });
  writeFileSync(at(name), content);
  return at(name);
}

/** When the witness cosigns; in seconds. */
const COSIGNED_AT = 1_768_478_400;

/** The command on this machine, its words kept. */
const run = (...args: string[]) => runAt({}, ...args);

async function runAt(own: Partial<Machine>, ...args: string[]) {
  let [out, error] = ['', ''];
  const machine: Machine = {
    ...thisMachine(),
    witnessMs: 0,
    ...own,
    out: (text) => {
      out += text;
    },
    error: (text) => {
      error += text;
    },
  };
  const status = await verifyCommand([...args, '--key', vkey], machine);
  return { status, out, error };
}

describe('files', () => {
  it('are read, an archive’s too, and the checkpoint is kept for the next time', async () => {
    for (const [path, bytes] of log.archive(300)) put(`archive/${path}`, bytes);
    const later = new SampleLog(signer, sampleEntry, { first: 300 });
    const exported = put('log.ndjson', bytesOf(later.export(400)));
    const kept = at('kept.note');
    expect(await run(at('archive'), exported, '--save', kept)).toMatchObject({ status: 0, error: '' });
    expect(readFileSync(kept, 'utf8')).toBe(log.note(400));
    expect(await run(at('archive'), exported, '--save', kept, '--checkpoint', kept)).toMatchObject({
      status: 0,
    });
    expect(readdirSync(folder).sort()).toEqual(['archive', 'kept.note', 'log.ndjson']);
    rmSync(at('archive/tile/entries/000'));
    expect(await run(at('archive'))).toMatchObject({ status: 1 });
    rmSync(at('archive/checkpoint'));
    expect(await run(at('archive'))).toMatchObject({ status: 1 });
    expect(await run(at('absent'))).toMatchObject({ status: 2 });
  });

  it('of merged entries are their owner’s, and only there once all is verified', async () => {
    const good = put('log.ndjson', bytesOf(log.export(50)));
    expect(await run(good, '--merge', at('merged.ndjson'))).toMatchObject({ status: 0 });
    expect(readFileSync(at('merged.ndjson'), 'utf8').split('\n')).toHaveLength(51);
    expect(statSync(at('merged.ndjson')).mode & 0o777).toBe(0o600);
    const bad = put('bad.ndjson', bytesOf(log.export(50).slice(0, -1)));
    expect(await run(bad, '--merge', at('other.ndjson'))).toMatchObject({ status: 1 });
    expect(readdirSync(folder).sort()).toEqual(['bad.ndjson', 'log.ndjson', 'merged.ndjson']);
  });
});

describe('a running app', () => {
  /** What the app answers; each test sets some of it. */
  interface App {
    exported: Uint8Array;
    /** the export from the second time on, if another */
    later?: Uint8Array;
    note: string;
    /** the newest checkpoint from the second time on, if another */
    cosigned?: string;
    proofLog: SampleLog;
    asked: string[];
    credentials: Record<string, string | undefined>;
    status: number;
    redirect?: string;
  }
  let app: App;
  let server: Server;
  let base: string;
  beforeEach(async () => {
    app = {
      exported: bytesOf(log.export(40, [10])),
      note: log.note(55),
      proofLog: log,
      asked: [],
      credentials: {},
      status: 200,
    };
    server = createServer((request, response) => {
      app.asked.push(request.url ?? '');
      app.credentials[(request.url ?? '').split('?')[0] ?? ''] = credentialOf(request);
      if (app.redirect) return response.writeHead(302, { location: app.redirect }).end();
      response.writeHead(app.status).end(answer(request.url ?? ''));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  function credentialOf({ headers }: IncomingMessage): string | undefined {
    return headers.authorization ?? headers.cookie;
  }

  function answer(url: string): string | Uint8Array {
    const { pathname, searchParams } = new URL(url, base);
    if (pathname === '/v1/audit/export') {
      const isFirst = app.asked.filter((path) => path === url).length === 1;
      return isFirst ? app.exported : (app.later ?? app.exported);
    }
    if (pathname === '/v1/audit/checkpoint') {
      const { note } = app;
      app.note = app.cosigned ?? note;
      return JSON.stringify({ size: 0, note, key: 'ignored' });
    }
    const [from, to] = ['from', 'to'].map((name) => Number(searchParams.get(name))) as [number, number];
    const hashes = consistencyPath(from, to).map(({ start, end }) => {
      const leaves = Array.from({ length: end - start }, (_, n) => leafHash(app.proofLog.entry(start + n)));
      return Buffer.from(subtreeRoot(leaves)).toString('base64');
    });
    return JSON.stringify({ from, to, hashes });
  }

  it('is verified as its export comes, and then up to its newest checkpoint', async () => {
    const token = put('token', 'secret.token\n');
    const { status, out } = await run(`${base}/`, '--token-file', token, '--save', at('kept.note'));
    expect(status).toBe(0);
    expect(out).toContain('size   40 entries under 2 signed checkpoints');
    expect(out).toContain('the newest checkpoint continues it, with 55 entries');
    expect(readFileSync(at('kept.note'), 'utf8')).toBe(log.note(55));
    expect(app.asked).toEqual([
      '/v1/audit/export',
      '/v1/audit/checkpoint',
      '/v1/audit/proofs/consistency?from=40&to=55',
    ]);
    expect(app.credentials).toEqual({
      '/v1/audit/export': 'Bearer secret.token',
      '/v1/audit/checkpoint': undefined,
      '/v1/audit/proofs/consistency': 'Bearer secret.token',
    });
  });

  it('is read with a cookie, too, and needs no proof where nothing was added', async () => {
    app.note = log.note(40);
    expect(await run(base, '--cookie-file', put('cookie', 'session=s3'))).toMatchObject({ status: 0 });
    expect(app.credentials['/v1/audit/export']).toBe('session=s3');
    expect(app.asked).toHaveLength(2);
  });

  it('may have the cosignatures on its newest checkpoint alone', async () => {
    const asked = [base, '--witness', witness.verifier.toString()];
    const without = await run(...asked);
    expect([without.status, without.error]).toEqual([1, expect.stringContaining('witness.quorum')]);
    const cosigned = app.note + witness.cosign(checkpointTextOf(app.note).text, COSIGNED_AT);
    const soon = { today: () => new Date((COSIGNED_AT + 60) * 1_000), witnessMs: 10_000 };
    // Only once the verifier has looked for it does the witness come by.
    app.cosigned = cosigned;
    expect((await runAt(soon, ...asked)).out).toContain('cosigned up to 55 entries by w.example/1');
    app.note = cosigned;
    const late = await run(...asked);
    expect([late.status, late.error]).toEqual([1, expect.stringContaining('(witness.lag)')]);
  });

  it('must have cosignatures that are young by the auditor’s clock', async () => {
    const cosign = (note: string) => note + witness.cosign(checkpointTextOf(note).text, COSIGNED_AT);
    const soon = { today: () => new Date((COSIGNED_AT + 60) * 1_000) };
    app.exported = bytesOf(new SampleLog(signer, sampleEntry, { cosign }).export(10));
    app.note = log.note(10);
    const asked = [base, '--witness', witness.verifier.toString(), '--save', at('kept.note')];
    expect(await runAt(soon, ...asked)).toMatchObject({ status: 0 });
    // What nobody read and no witness saw is not what to hold the log to the next time.
    app.note = log.note(55);
    expect(await runAt(soon, ...asked)).toMatchObject({ status: 0 });
    expect(readCheckpointUnverified(readFileSync(at('kept.note'), 'utf8')).size).toBe(10);
    // Cut off where it was cosigned, long ago.
    expect(await run(...asked)).toMatchObject({ status: 1 });
    // Dated as if no time had passed since.
    const [head, ...lines] = log.export(40, [10]);
    app.exported = bytesOf([
      head as string,
      ...lines.map((line) => line.replace(/^\{"checkpoint.*$/, cosigned10)),
    ]);
    app.note = log.note(40);
    const late = await run(...asked);
    expect([late.status, late.error]).toEqual([1, expect.stringContaining('(witness.lag)')]);
    expect(await run(...asked, '--witness-lag', '99999d')).toMatchObject({ status: 0 });
    function cosigned10(line: string): string {
      const { checkpoint } = JSON.parse(line) as { checkpoint: string };
      return readCheckpointUnverified(checkpoint).size === 10
        ? formatCheckpointLine(cosign(checkpoint))
        : line;
    }
  });

  describe('whose key is changed between its export and its newest checkpoint', () => {
    const next = NoteSigner.parse(generateNoteKey(signer.name).skey);
    const rotated = new SampleLog(signer, sampleEntry, { successors: [{ signer: next, from: 45 }] });
    const exports = () => app.asked.filter((path) => path === '/v1/audit/export').length;
    beforeEach(() => {
      app.later = bytesOf(rotated.export(50));
      app.note = rotated.note(55);
      app.proofLog = rotated;
    });

    it('is read again, and followed to the next key', async () => {
      const kept = put('old.note', log.note(7));
      const merged = at('merged.ndjson');
      const { status, out, error } = await run(base, '--checkpoint', kept, '--merge', merged);
      expect({ status, error }).toEqual({ status: 0, error: '' });
      expect(out).toContain('size   50 entries');
      expect(out).toContain(
        `signed by 2 keys, one after the other; the newest is ${next.verifier.toString()}`,
      );
      expect(out).toContain('begins with the 7 entries of the earlier checkpoint');
      expect(out).toContain('the newest checkpoint continues it, with 55 entries');
      const positions = readFileSync(merged, 'utf8').match(/"position":\d+/g);
      expect(positions).toEqual(Array.from({ length: 50 }, (_, n) => `"position":${n}`));
      expect(exports()).toBe(2);
    });

    it('is refused where the next export leads to another key, or is of another history', async () => {
      const thief = NoteSigner.parse(generateNoteKey(signer.name).skey);
      const stolen = new SampleLog(signer, sampleEntry, { successors: [{ signer: thief, from: 45 }] });
      const fork = new SampleLog(signer, (n) => sampleEntry(n === 3 ? 0 : n), {
        successors: [{ signer: next, from: 45 }],
      });
      const cases: [Partial<App>, string][] = [
        [{ later: bytesOf(stolen.export(50)) }, 'newer.signature'],
        [{ later: bytesOf(log.export(50)) }, 'newer.signature'],
        [{ later: bytesOf(fork.export(50)) }, 'earlier.root'],
        [{ later: bytesOf(rotated.export(50).slice(0, -1)) }, 'export.truncated'],
      ];
      for (const [change, code] of cases) {
        app = { ...app, asked: [], ...change };
        const { status, error } = await run(base, '--save', at('kept.note'));
        expect([status, error]).toEqual([1, expect.stringContaining(`(${code})`)]);
        expect(exports()).toBe(2);
      }
      expect(readdirSync(folder)).toEqual([]);
    });
  });

  it('is refused for what does not continue its export', async () => {
    const fork = new SampleLog(signer, (n) => sampleEntry(n === 39 ? 0 : n));
    const forger = new SampleLog(NoteSigner.parse(generateNoteKey(signer.name).skey));
    const cases: [Partial<App>, string][] = [
      [{ note: log.note(39) }, 'newer.shorter'],
      [{ note: fork.note(40) }, 'newer.root'],
      [{ note: fork.note(55) }, 'newer.proof'],
      [{ note: fork.note(55), proofLog: fork }, 'newer.proof'],
      [{ note: forger.note(55) }, 'newer.signature'],
      [{ note: 'rubbish' }, 'newer.signature'],
      [{ exported: bytesOf(log.export(40).slice(0, 20)) }, 'export.truncated'],
    ];
    for (const [change, code] of cases) {
      app = { ...app, exported: bytesOf(log.export(40)), note: log.note(55), proofLog: log, ...change };
      const { status, error } = await run(base, '--save', at('kept.note'));
      expect([status, error]).toEqual([1, expect.stringContaining(`(${code})`)]);
    }
    expect(readdirSync(folder)).toEqual([]);
  });

  it('could not be checked where it refuses, redirects or is not there, and its credential is shown nowhere', async () => {
    const token = put('token', 'canary.token');
    app.status = 403;
    const refused = await run(base, '--token-file', token);
    app.redirect = 'http://127.0.0.1:9/';
    const redirected = await run(base, '--token-file', token);
    const absent = await run('http://127.0.0.1:9', '--token-file', token);
    const plain = await run('http://vault.example', '--token-file', token);
    for (const { status, out, error } of [refused, redirected, absent, plain]) {
      expect({ status, out }).toEqual({ status: 2, out: '' });
      expect(error).toContain('could not be checked');
      expect(error).not.toContain('canary');
    }
    expect(refused.error).toContain('status 403');
  });
});
