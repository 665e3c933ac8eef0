import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SampleLog } from '../../libs/audit-log/src/core/export.fixture.js';
import { generateNoteKey, NoteSigner } from '../../libs/audit-log/src/core/index.js';
import { thisMachine } from '../auditor/machine.js';
import { readCommand } from './read-command.js';
import { lineOf, SampleApp, SIZE } from './sample-app.fixture.js';

const signerOf = (name: string) => NoteSigner.parse(generateNoteKey(name).skey);
const [vaultSigner, apiSigner] = [signerOf('vault.example/audit'), signerOf('api.example/audit')];
const keys = [vaultSigner, apiSigner].flatMap(({ verifier }) => ['--key', verifier.toString()]);

/** Every second entry of the vault's time is one of the API's. */
const entryOf = (offset: number) => (n: number) => {
  const at = new Date(Date.UTC(2026, 0, 15) + (2 * n + offset) * 1_000).toISOString();
  return Buffer.from(`{"v":1, "at":"${at}","action":"tests.sample","count":${n}}`);
};
const logs = {
  vault: new SampleLog(vaultSigner, entryOf(0)),
  api: new SampleLog(apiSigner, entryOf(1)),
};

let folder: string;
let [vault, api]: [SampleApp, SampleApp] = [] as never;
let apps: [string, string];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'integument-read-'));
  [vault, api] = [new SampleApp(logs.vault), new SampleApp(logs.api)];
  apps = [await vault.listen(), await api.listen()];
});
afterEach(async () => {
  rmSync(folder, { recursive: true });
  await vault.close();
  await api.close();
});

function put(name: string, content: string): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

async function run(args: readonly string[], patienceMs = 20_000) {
  let [out, error] = ['', ''];
  const machine = {
    ...thisMachine(),
    patienceMs,
    write: (text: string) => {
      out += text;
      return Promise.resolve();
    },
    error: (text: string) => {
      error += text;
    },
  };
  const status = await readCommand(args, machine);
  return { status, out, error };
}
const both = (...args: string[]) => run([...apps, ...keys, ...args]);

const placesOf = (out: string) =>
  out
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const { log, position } = JSON.parse(line) as { log: string; position: number };
      return `${log.split('.')[0]} ${position}`;
    });

describe('integument-audit-read', () => {
  it('writes the entries of two running apps by time, each proved, and asks little for it', async () => {
    const { status, out, error } = await both();
    const told = ['vault', 'api'].map(
      (app) =>
        `VERIFIED ${app}.example/audit\n` +
        '  entries   300, each proved to be one of the 300 that the log’s checkpoint signs\n' +
        '  searched  the first 299 of 300, by an index, which is no evidence that nothing was left out\n',
    );
    expect([status, error]).toEqual([0, told.join('')]);
    const places = Array.from({ length: SIZE }, (_, n) => [`vault ${n}`, `api ${n}`]).flat();
    expect(placesOf(out)).toEqual(places);
    expect(out.split('\n')[0]).toBe(
      '{"log":"vault.example/audit","position":0,"entry":{"v":1, "at":"2026-01-15T00:00:00.000Z","action":"tests.sample","count":0}}',
    );
    for (const { asked } of [vault, api]) {
      expect(asked.slice(0, 2)).toEqual(['/v1/audit/stream', '/v1/audit/tlog/checkpoint']);
      expect(asked.slice(2).sort()).toEqual(
        ['0/000', '0/001.p/44', '1/000.p/1'].map((tile) => `/v1/audit/tlog/tile/${tile}`),
      );
    }
  });

  it('passes the filters on, with the credential of each app', async () => {
    const tokens = ['vault', 'api'].flatMap((app) => ['--token-file', put(app, `${app}.token\n`)]);
    for (const app of [vault, api]) app.lines = app.lines.slice(5, 7);
    const filter = ['--action', 'tests.sample', '--from', '2026-01-15', '--to=2026-01-16T00:00:00+00:00'];
    const { status, out } = await both(...tokens, ...filter);
    expect([status, placesOf(out)]).toEqual([0, ['vault 5', 'api 5', 'vault 6', 'api 6']]);
    expect(vault.asked[0]).toBe(
      '/v1/audit/stream?action=tests.sample&from=2026-01-15&to=2026-01-16T00%3A00%3A00%2B00%3A00',
    );
    expect([...vault.credentials]).toEqual(['Bearer vault.token']);
    expect([...api.credentials]).toEqual(['Bearer api.token']);
  });

  it('writes CSV with the columns of the stream, and the log before them', async () => {
    vault.lines = vault.lines.slice(0, 1);
    api.lines = [];
    const { status, out } = await both('--format', 'csv');
    expect(status).toBe(0);
    const [head, first, end] = out.split('\r\n');
    expect(head).toMatch(/^log,position,at,action,outcome,code,actor_kind,.*,policy,details$/);
    expect(first).toMatch(/^vault\.example\/audit,0,2026-01-15T00:00:00\.000Z,tests\.sample,,.*,0,/);
    expect(end).toBe('');
  });

  it('says that nothing is verified without a key, and reads no proofs', async () => {
    const { status, out, error } = await run(apps);
    expect([status, placesOf(out).length]).toEqual([0, 2 * SIZE]);
    expect(error).toMatch(/^NOT VERIFIED: without --key nothing proves/);
    expect(error).toContain('READ api.example/audit\n  entries   300\n');
    expect(error).not.toMatch(/^VERIFIED/m);
    expect([...vault.asked, ...api.asked].join()).not.toContain('tile');
  });
});

describe('what an app gives out wrongly', () => {
  const changed = () => vault.lines.splice(7, 1, vault.lines[7]?.replace('"count":7', '"count":8') ?? '');
  const fork = new SampleLog(vaultSigner, (n) => entryOf(n === 3 ? 1 : 0)(n));
  const forger = new SampleLog(signerOf(vaultSigner.name), entryOf(0));
  const [first = new Uint8Array(), top = new Uint8Array()] = ['tile/0/000', 'tile/1/000.p/1'].map((path) =>
    fork.archive(SIZE).get(path),
  );

  it.each([
    ['an entry that was changed', changed, 'position 7: .*', 'entry.changed'],
    [
      'an entry of the signed log in another place',
      () => vault.lines.splice(7, 1, lineOf(7, logs.vault.entry(8))),
      'position 7: .*',
      'entry.changed',
    ],
    [
      'an entry that no checkpoint covers',
      () => vault.lines.push(lineOf(SIZE, logs.vault.entry(SIZE))),
      'position 300: .*',
      'entry.beyond',
    ],
    [
      'an entry that is not there any more',
      () => vault.lines.splice(7, 1, '{"position":7,"entry":null}\n'),
      'position 7: .*',
      'entry.absent',
    ],
    ['a line that is no entry', () => vault.lines.push('<html>\n'), '', 'entry.line'],
    [
      'an entry twice',
      () => vault.lines.push(vault.lines[SIZE - 1] ?? ''),
      'position 299: .*',
      'entry.order',
    ],
    [
      'a checkpoint that another key signed',
      () => {
        vault.note = forger.note(SIZE);
      },
      '',
      'checkpoint.signature',
    ],
    [
      'a checkpoint of another log',
      () => {
        vault.note = signedElsewhere();
      },
      '',
      'checkpoint.signature',
    ],
    [
      'no checkpoint',
      () => {
        vault.note = 'rubbish';
      },
      '',
      'checkpoint.signature',
    ],
    [
      'a checkpoint of another history',
      () => {
        vault.note = fork.note(SIZE);
      },
      'position 0: .*',
      'tile.changed',
    ],
    [
      'tiles of another history',
      () => vault.files.set('tile/0/000', first),
      'position 0: .*',
      'tile.changed',
    ],
    [
      'all tiles of another history',
      () => {
        vault.files.set('tile/0/000', first);
        vault.files.set('tile/1/000.p/1', top);
      },
      'position 0: .*',
      'tile.changed',
    ],
  ] as [string, () => unknown, string, string][])('ends the reading: %s', async (_, change, where, code) => {
    change();
    const { status, out, error } = await both();
    expect(status).toBe(1);
    expect(error).toMatch(
      new RegExp(
        `^NOT VERIFIED (vault\\.example/audit|http://\\S+): ${where}.*\\(${code.replace('.', '\\.')}\\)\n$`,
      ),
    );
    expect(out).not.toContain('"count":300');
    if (where !== '') expect(error).toContain('vault.example/audit');
  });

  const signedElsewhere = () => new SampleLog(signerOf('other.example/audit'), entryOf(0)).note(SIZE);

  it('shows nothing of an entry', async () => {
    changed();
    const { error } = await both();
    expect(error).not.toMatch(/tests|count/);
  });

  it('leaves standing what was proved before it', async () => {
    // So many that they don't come in one piece.
    const size = 3_000;
    const long = new SampleLog(vaultSigner, entryOf(0));
    vault.files = long.archive(size);
    vault.note = long.note(size);
    vault.lines = Array.from({ length: size }, (_, n) => lineOf(n, long.entry(n === size - 1 ? 0 : n)));
    const { status, out, error } = await run([apps[0], ...keys]);
    expect([status, error]).toEqual([1, expect.stringContaining('position 2999')]);
    const places = placesOf(out);
    expect(places.length).toBeGreaterThan(500);
    expect(places).toEqual(places.map((_, n) => `vault ${n}`));
  });
});

describe('what can’t be read', () => {
  const canary = () => [
    '--token-file',
    put('token', 'canary.token'),
    '--token-file',
    put('token2', 'canary.token2'),
  ];

  it.each([
    [401, 'auth.required'],
    [403, 'auth.forbidden'],
    [400, 'request.invalid'],
    [503, 'audit.no_checkpoint'],
    [503, 'audit.index_behind'],
    [503, 'audit.unavailable'],
  ])('is told with the app, %i and %s', async (status, code) => {
    Object.assign(api, { status, problem: JSON.stringify({ code, detail: 'canary' }) });
    const { error, ...rest } = await both(...canary());
    expect(rest).toEqual({ status: 2, out: '' });
    expect(error).toBe(
      `could not be read to the end: ${apps[1]}: v1/audit/stream was answered with status ${status} (${code})\n`,
    );
  });

  it.each([
    ['breaks off', 'broken', 20_000],
    ['falls silent', 'silent', 300],
  ] as const)('is an app that %s in mid stream, and what came before stands', async (_, end, patienceMs) => {
    Object.assign(api, { end, lines: api.lines.slice(0, 100) });
    const { status, out, error } = await run([...apps, ...keys], patienceMs);
    expect([status, error]).toEqual([
      2,
      expect.stringMatching(/^could not be read to the end: api\.example\/audit: /),
    ]);
    const places = Array.from({ length: 100 }, (_n, n) => [`vault ${n}`, `api ${n}`]).flat();
    // A connection that breaks takes along what had come and was not read yet.
    if (end === 'silent') expect(placesOf(out).length).toBeGreaterThanOrEqual(200);
    expect(placesOf(out).slice(0, 200)).toEqual(places.slice(0, placesOf(out).length));
  });

  it('is an entry that is cut off, a page that is no stream, and a tile that is refused', async () => {
    api.lines = [api.lines[0] ?? '', (api.lines[1] ?? '').slice(0, 40)];
    expect(await both()).toMatchObject({
      status: 2,
      error: expect.stringContaining('stopped in the middle') as string,
    });
    api.type = 'text/html';
    expect(await both()).toMatchObject({
      status: 2,
      error: expect.stringContaining('did not answer entries') as string,
    });
    vault.files.clear();
    expect(await run([apps[0], ...keys])).toMatchObject({
      status: 2,
      error: expect.stringMatching(
        /vault\.example\/audit: v1\/audit\/tlog\/tile\S+ was answered with status 404/,
      ) as string,
    });
  });

  it('is a redirect, an absent app, one over plain http, or one that is there twice; no credential is shown', async () => {
    vault.redirect = 'http://127.0.0.1:9/';
    const cases = [
      apps,
      ['http://127.0.0.1:9', apps[1]],
      ['http://vault.example', apps[1]],
      [apps[1], apps[1]],
      ['https://a:canary@vault.example', apps[1]],
    ];
    for (const some of cases) {
      const { status, out, error } = await run([...some, ...keys, ...canary()]);
      expect({ status, out }).toEqual({ status: 2, out: '' });
      expect(error).toMatch(/^could not be read/);
      expect(error).not.toContain('canary');
    }
    // Nothing is asked while one address would show a credential in the clear.
    const before = api.asked.length;
    await run([apps[1], 'http://vault.example', ...keys, ...canary()]);
    expect(api.asked).toHaveLength(before);
  });

  it('is an app that sends its readers elsewhere: nobody else is asked', async () => {
    vault.redirect = `${apps[1]}/v1/audit/stream`;
    expect(await run([apps[0], ...keys])).toMatchObject({ status: 2, out: '' });
    expect(api.asked).toEqual([]);
  });

  it('keeps no other app waiting', async () => {
    api.end = 'silent';
    vault.lines.push('rubbish\n');
    const leftAlone = new Promise((resolve) =>
      api.server.once('request', (_, response: ServerResponse) => response.once('close', resolve)),
    );
    expect(await both()).toMatchObject({ status: 1 });
    await leftAlone;
  });

  it('is what nobody can understand', async () => {
    const cases = [
      [],
      ['--key', 'x'],
      [...apps, '--format', 'ocsf'],
      [...apps, '--canary'],
      [...apps, '--token-file', put('t', 'x')],
    ];
    for (const args of cases) {
      const { status, out, error } = await run(args);
      expect({ status, out }).toEqual({ status: 2, out: '' });
      expect(error).toMatch(/^Usage: integument-audit-read /);
    }
  });
});
