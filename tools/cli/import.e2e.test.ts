import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readPerson, registerClient, removeTokens, revealTokens } from '@integument/contracts';
import { platform } from '@integument/testing';
import { parse } from 'csv-parse/sync';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../outside/ask.js';
import { signIn } from '../outside/browser.js';
import { Client } from '../outside/client.js';
import { agreed } from '../proofs/audit/calls/approvals.js';
import { CommandLine, ended } from './cli.fixture.js';

const info = platform();
const shop = new Client(info, 'brand-shop');
const cli = new CommandLine(info);
const folder = mkdtempSync(join(tmpdir(), 'integument-cli-'));
const vault = new pg.Client(info.databases.vault.url);
beforeAll(() => vault.connect());
afterAll(async () => {
  await vault.end();
  rmSync(folder, { recursive: true });
});

function file(name: string, content: Buffer | string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}
const rowsOf = (path: string) => parse<Record<string, string>>(readFileSync(path), { columns: true });
const linesOf = (path: string) =>
  readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
const some = (text: string) => expect.stringContaining(text) as unknown;
const token = expect.stringMatching(/^tok_/) as unknown;
const fresh = () => randomBytes(6).toString('hex');
const reason = { code: 'order', reference: 'ORDER-7' } as const;
const stored = async (table: 'person' | 'token') =>
  Number((await vault.query<{ n: string }>(`SELECT count(*) AS n FROM ${table}`)).rows[0]?.n);

describe('an import of people', () => {
  const name = fresh();
  const people = file(
    `${name}.csv`,
    [
      '\ufeffNo,E-Mail,Street,City,Country,Note,Lives in',
      `1,${name}-1@example.org,"12 St James’s Square\r\nsecond",London,GB,"says ""hi"",\nand more",GB`,
      `2,nobody,,,,,`,
      `3,${name}-3@example.org,1 Main St,,US,x,US-CA`,
      `4,${name}-4@example.org,,,,,`,
      '',
      '5,too,few',
      `6,${name}-6@example.org,12 St James’s Square,London,GB,,GB`,
    ].join('\r\n'),
  );
  const map = [
    'email=E-Mail',
    'region=Lives in',
    'postal_address.line1=Street',
    'postal_address.locality=City',
  ]
    .concat('postal_address.country=Country')
    .flatMap((pair) => ['--map', pair]);

  it('keeps the rows with pseudonyms, and puts those that are refused into a file of their own', async () => {
    const ran = await cli.run('import', 'people', people, ...map);
    expect(ran).toMatchObject({
      status: 1,
      error: '',
      out: `6 rows, 2 kept: ${people}.kept.csv, 4 refused: ${people}.refused.csv\n`,
    });
    const kept = rowsOf(`${people}.kept.csv`);
    expect(kept.map((row) => ({ ...row, person: row.person?.slice(0, 4) }))).toEqual([
      { person: 'cps_', No: '4', Note: '' },
      { person: 'cps_', No: '6', Note: '' },
    ]);
    const params = { person: kept[1]?.person as never };
    expect(await ask(shop, info.urls.vault, readPerson, { params })).toMatchObject({
      masked: { email: some('@example.org'), postal_address: expect.anything() as unknown },
      region: 'GB',
    });
    const refused = parse(readFileSync(`${people}.refused.csv`), { relax_column_count: true });
    expect(refused.map((row: string[]) => row.slice(0, 5))).toEqual([
      ['refused_line', 'refused_code', 'refused_fields', 'No', 'E-Mail'],
      ['2', 'request.invalid', some('postal_address'), '1', `${name}-1@example.org`],
      ['5', 'request.invalid', some('email'), '2', 'nobody'],
      ['6', 'request.invalid', some('postal_address'), '3', `${name}-3@example.org`],
      ['9', 'row.columns', '', '5', 'too'],
    ]);
    expect(refused[1]?.[8]).toBe('says "hi",\nand more');
    for (const path of ['kept.csv', 'refused.csv'])
      expect(statSync(`${people}.${path}`).mode & 0o777).toBe(0o600);
    expect(statSync(`${people}.state.json`).mode & 0o777).toBe(0o600);
  });

  it('does nothing more when it is finished, and takes no other file or mapping under its name', async () => {
    const before = await stored('person');
    expect((await cli.run('import', 'people', people, ...map)).out).toContain('6 rows, 2 kept');
    const other = await cli.run('import', 'people', people, ...map, '--map', 'family_name=Note');
    expect([other.status, other.error]).toEqual([2, some('the state of another import')]);
    expect(await stored('person')).toBe(before);
  });

  it('takes the refused rows again, once they are repaired', async () => {
    const rows = readFileSync(`${people}.refused.csv`, 'utf8');
    const repaired = file(
      `${name}-again.csv`,
      rows
        .replace('\r\nsecond', '')
        .replace('nobody', `${name}-2@example.org`)
        .replace('1 Main St,,', '1 Main St,LA,'),
    );
    const ran = await cli.run('import', 'people', repaired, ...map);
    expect(ran.out).toContain('4 rows, 3 kept');
    expect(Object.keys(rowsOf(`${repaired}.kept.csv`)[0] ?? {})).toEqual(['person', 'No', 'Note']);
  });
});

describe('an import of tokens', () => {
  it('puts tokens in place of values, and leaves none of a row that is refused', async () => {
    const name = fresh();
    const rows = [
      { id: 1, email: `${name}-1@example.org`, tel: '+44 20 7946 0018', other: { a: ['\u2028'] } },
      { id: 2, email: `${name}-2@example.org`, tel: 'none' },
      { id: 3, email: null, tel: '+442079460019' },
      { id: 4, email: [`${name}-4@example.org`] },
    ];
    const path = file(`${name}.ndjson`, `${rows.map((row) => JSON.stringify(row)).join('\n')}\nno json\n`);
    const before = await stored('token');
    const ran = await cli.run(
      ...['import', 'tokens', path],
      ...['--column', 'email=field:email,type:deterministic', '--column', 'tel=field:phone'],
    );
    expect([ran.status, ran.error]).toEqual([1, '']);
    const kept = linesOf(`${path}.kept.ndjson`);
    expect(kept).toEqual([
      {
        id: 1,
        email: token,
        tel: token,
        other: { a: ['\u2028'] },
      },
      { id: 3, email: null, tel: token },
    ]);
    const refused = linesOf(`${path}.refused.ndjson`);
    expect(refused).toMatchObject([
      { refused_line: 2, refused_code: 'catalogue.value_unfit', refused_fields: 'tel', id: 2 },
      { refused_line: 4, refused_code: 'row.not_text', refused_fields: 'email', id: 4 },
      { refused_line: 5, refused_code: 'row.not_json', row: 'no json' },
    ]);
    // Two of the first row, one of the third; that of the second row's email is deterministic, and could be another's too.
    expect((await stored('token')) - before).toBe(4);
    const tokens = [kept[0]?.email, kept[0]?.tel];
    const told = await ask(shop, info.urls.vault, revealTokens, {
      body: { tokens, purpose: 'delivery', reason },
    });
    expect(told.results).toEqual([
      { field: 'email', value: `${name}-1@example.org` },
      { field: 'phone', value: '+442079460018' },
    ]);
  });

  it('takes away random tokens of a row that is refused', async () => {
    const path = file(
      `${fresh()}.csv`,
      `a,b\n${fresh()}@example.org,none\n${fresh()}@example.org,+442079460018\n`,
    );
    const before = await stored('token');
    const ran = await cli.run(
      'import',
      'tokens',
      path,
      '--column',
      'a=field:email',
      '--column',
      'b=field:phone',
    );
    expect(ran.out).toContain('2 rows, 1 kept');
    expect((await stored('token')) - before).toBe(2);
  });

  it('ties tokens to people, and refuses a row that says nobody', async () => {
    const path = file(
      `${fresh()}.csv`,
      `person,mail\n,${fresh()}@example.org\ncps_00000000000000000000000000000000,x@example.org\n`,
    );
    const ran = await cli.run('import', 'tokens', path, '--column', 'mail=field:email,person:person');
    expect(ran.out).toContain('2 rows, 0 kept');
    expect(rowsOf(`${path}.refused.csv`).map((row) => row.refused_code)).toEqual([
      'row.no_person',
      'people.not_found',
    ]);
  });
});

describe('an import that is killed', () => {
  it('goes on to the very end that it would have had: no row and no token twice, none missing', async () => {
    const count = 60_000;
    const name = fresh();
    const lines = Array.from({ length: count }, (_, n) =>
      n % 1_000 === 7 ? `${n},wrong` : `${n},${name}-${n}@example.org`,
    );
    const path = file(`${name}.csv`, `n,mail\n${lines.join('\n')}\n`);
    const args = ['import', 'tokens', path, '--column', 'mail=field:email'];
    const before = await stored('token');
    let [caught, seen] = [0, before];
    for (let kill = 0; kill < 4; kill++) {
      const child = cli.start(...args);
      const end = ended(child);
      // Where it hurts: the vault has done a chunk that nobody has acknowledged.
      while ((await stored('token')) <= seen && child.exitCode === null) await sleep(2);
      if (kill % 2 === 1) await sleep(20 * kill);
      child.kill('SIGKILL');
      expect((await end).status).toBeNull();
      seen = await stored('token');
      if (seen - before > stateOf(path).kept) caught++;
      // What is left by a kill just before the acknowledgement, which is too short a while to hit.
      if (existsSync(`${path}.kept.csv`)) appendFileSync(`${path}.kept.csv`, '7,"half a r');
    }
    expect(caught).toBeGreaterThan(0);
    const ran = await cli.run(...args);
    expect([ran.status, ran.out]).toEqual([1, some(`${count} rows, ${count - 60} kept`)]);
    const kept = rowsOf(`${path}.kept.csv`);
    const refused = rowsOf(`${path}.refused.csv`);
    expect([...kept, ...refused].map(({ n }) => Number(n)).sort((a, b) => a - b)).toEqual(
      lines.map((_, n) => n),
    );
    expect(refused[1]).toEqual({
      ...{ refused_line: '1009', refused_code: 'catalogue.value_unfit' },
      refused_fields: 'mail',
      n: '1007',
      mail: 'wrong',
    });
    const tokens = kept.map(({ mail = '' }) => mail);
    expect(new Set(tokens).size).toBe(count - 60);
    expect((await stored('token')) - before).toBe(count - 60);
    for (let at = 0; at < tokens.length; at += 10_000) {
      const body = { tokens: tokens.slice(at, at + 10_000) as never };
      await ask(shop, info.urls.vault, removeTokens, { body });
    }
    expect(await stored('token')).toBe(before);
  });

  it('ends in order at Ctrl-C, and goes on', async () => {
    const name = fresh();
    const lines = Array.from({ length: 30_000 }, (_, n) => `${name}-${n}@example.org`);
    const path = file(`${name}.csv`, `mail\n${lines.join('\n')}\n`);
    const args = ['import', 'tokens', path, '--column', 'mail=field:email'];
    const child = cli.start(...args);
    const end = ended(child);
    while (stateOf(path).chunk < 1) await sleep(2);
    child.kill('SIGINT');
    expect(await end).toMatchObject({
      status: 130,
      error: some('the same command goes on'),
    });
    expect(JSON.parse(readFileSync(`${path}.state.json`, 'utf8'))).toMatchObject({
      sending: null,
      finished: false,
    });
    expect(await cli.run(...args)).toMatchObject({ status: 0, out: some('30000 kept') });
    expect(new Set(rowsOf(`${path}.kept.csv`).map(({ mail }) => mail)).size).toBe(30_000);
  });

  it('is not gone on with when the file has become another', async () => {
    const path = file(`${fresh()}.csv`, `mail\n${fresh()}@example.org\n`);
    const args = ['import', 'tokens', path, '--column', 'mail=field:email'];
    expect((await cli.run(...args)).status).toBe(0);
    writeFileSync(path, 'mail\nother@example.org\n');
    expect((await cli.run(...args)).status).toBe(2);
  });
});

function stateOf(path: string): { chunk: number; kept: number } {
  try {
    return JSON.parse(readFileSync(`${path}.state.json`, 'utf8')) as { chunk: number; kept: number };
  } catch {
    return { chunk: 0, kept: 0 };
  }
}

describe('what can’t be done', () => {
  const bad = (name: string, content: Buffer | string) => file(`${fresh()}-${name}.csv`, content);
  it.each([
    ['an empty file', () => bad('empty', ''), 'the file is empty'],
    ['a header alone', () => bad('header', 'mail\n'), 'the file has no rows'],
    ['a name twice', () => bad('twice', 'mail,mail\na,b\n'), 'the columns 1 and 2 have the same name'],
    ['no such column', () => bad('other', 'email\na\n'), 'there is no column “mail”'],
    [
      'an open quote',
      () => bad('quote', 'mail\na@example.org\n"b@example.org\n'),
      'the row that begins on line 3 is no CSV',
    ],
    ['no file', () => join(folder, 'none.csv'), 'can’t be read'],
    ['a folder', () => folder, '--format is csv or ndjson'],
  ])('%s is refused before anything is sent', async (_, path, why) => {
    const before = await stored('token');
    const ran = await cli.run('import', 'tokens', path(), '--column', 'mail=field:email');
    expect([ran.status, ran.error]).toEqual([2, some(why)]);
    expect(ran.error).toMatch(/^integument: .*\n$/);
    expect(await stored('token')).toBe(before);
  });

  it('says what is not set, and what the provider says of a wrong secret', async () => {
    const none = await new CommandLine(info, { INTEGUMENT_CLIENT_SECRET: '', INTEGUMENT_VAULT: '' }).run(
      ...['import', 'tokens', 'x.csv', '--column', 'a=field:email'],
    );
    expect(none.error).toBe(
      'integument: not set in the environment: INTEGUMENT_VAULT, INTEGUMENT_CLIENT_SECRET or INTEGUMENT_CLIENT_SECRET_FILE\n',
    );
    const path = bad('fine', 'mail\na@example.org\n');
    const wrong = await new CommandLine(info, { INTEGUMENT_CLIENT_SECRET: 'canary-secret' }).run(
      ...['import', 'tokens', path, '--column', 'mail=field:email'],
    );
    expect([wrong.status, wrong.error]).toEqual([
      3,
      'integument: the OpenID provider gave no access token: it answered with status 401\n',
    ]);
  });

  it('is told without what was typed', async () => {
    for (const args of [
      ['import', '--secret=canary'],
      ['canary'],
      ['import', 'canary'],
      ['import', 'people', 'x.csv'],
    ]) {
      const ran = await cli.run(...args);
      expect(ran.status).toBe(2);
      expect(ran.error).not.toContain('canary');
    }
    expect((await cli.run('help')).status).toBe(0);
    expect((await cli.run('--version')).out).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await cli.run('import', '--help')).out).toContain('--map');
  });
});

it('a client that has to prove its key does so', async () => {
  const client = `cli-shop-${fresh()}`;
  const { credential, secret } = await atProvider();
  const admin = await signIn(info, info.staff.admin);
  const officer = await signIn(info, info.staff.privacyOfficer);
  const parameters = { client, use: 'identity', purposes: [], dpop: true } as const;
  const why = { code: 'legal', reference: 'SEC-4' } as const;
  const approval = await agreed(info, [admin, officer], {
    operation: 'clients.change',
    parameters: { ...parameters, credentials: [credential], suspended: false } as never,
    reason: why,
  });
  const body = { ...parameters, credentials: [credential], ...approval } as never;
  await ask(admin, info.urls.vault, registerClient, { body });
  const own = new CommandLine(info, { INTEGUMENT_CLIENT: credential, INTEGUMENT_CLIENT_SECRET: secret });
  const path = file(`${fresh()}.csv`, `mail\n${fresh()}@example.org\n`);
  const ran = await own.run('import', 'tokens', path, '--column', 'mail=field:email');
  expect(ran).toMatchObject({ status: 0, error: '' });
});

async function atProvider(): Promise<{ credential: string; secret: string }> {
  const reply = await fetch(`${info.urls.issuer}/reg`, {
    method: 'POST',
    headers: { authorization: `Bearer ${info.registrationToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ audience: 'urn:integument:vault' }),
  });
  const { client_id, client_secret } = (await reply.json()) as { client_id: string; client_secret: string };
  return { credential: client_id, secret: client_secret };
}
