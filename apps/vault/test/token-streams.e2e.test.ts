import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type ParametersOf, registerClient, removeClient, suspendClient } from '@integument/contracts';
import { platform } from '@integument/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { word } from '../../../tools/demo/canaries.js';
import { ask, exchange } from '../../../tools/outside/ask.js';
import { signIn } from '../../../tools/outside/browser.js';
import { Client } from '../../../tools/outside/client.js';
import { lineOf, talkInLines } from '../../../tools/outside/line-talk.js';
import { ProviderClient } from '../../../tools/outside/provider-client.js';
import { agreed } from '../../../tools/proofs/audit/calls/approvals.js';
import { TokenTable, Unspeakable } from './tokens.fixture.js';

const info = platform();
const { vault } = info.urls;
const shop = new Client(info, 'brand-shop');
const unspeakable = new Unspeakable();
const MAKE = `${vault}/v1/tokens/stream`;
const REVEAL = `${vault}/v1/tokens/reveal/stream?purpose=delivery&reason=order&reference=ORDER-7`;
const LINES = 25_000;

let table: TokenTable;
beforeAll(async () => {
  table = await TokenTable.open(info);
});
afterAll(() => table.close());

interface Line {
  readonly token?: string;
  readonly value?: string;
  readonly masked?: string;
  readonly code?: string;
  readonly end?: true;
}

async function all(lines: AsyncIterable<unknown>): Promise<Line[]> {
  const read: Line[] = [];
  for await (const line of lines) read.push(line as Line);
  return read;
}

/** Something that is waited for, and comes about. */
function signal(): { readonly come: Promise<void>; readonly give: () => void } {
  const given = new AbortController();
  const come = once(given.signal, 'abort').then(() => undefined);
  return { come, give: () => given.abort() };
}

describe('a stream of lines', () => {
  const stem = unspeakable.value(word());
  const valueAt = (n: number) => `${stem}-${n}`;
  const isWrong = (n: number) => n % 1_000 === 999;
  const entryAt = (n: number) =>
    isWrong(n)
      ? { field: 'card', value: '4111111111111112' }
      : { field: 'loyalty_number', value: valueAt(n) };
  let made: Line[];

  it('is answered line by line, in order, while it is still being sent', async () => {
    const answered = signal();
    let sentUntilAnswer = 0;
    async function* lines() {
      for (let n = 0; n < LINES; n += 500) {
        yield Array.from({ length: 500 }, (_, at) => lineOf(entryAt(n + at))).join('');
        if (n !== 2_000) continue;
        await answered.come;
        sentUntilAnswer = n + 500;
      }
    }
    made = [];
    for await (const line of talkInLines(shop, MAKE, lines())) {
      answered.give();
      made.push(line as Line);
    }
    expect([made.length, sentUntilAnswer]).toEqual([LINES, 2_500]);
    const wrong = made.flatMap(({ code }, n) => (code === undefined ? [] : [`${n} ${code}`]));
    expect(wrong).toEqual(Array.from({ length: 25 }, (_, k) => `${k * 1_000 + 999} catalogue.value_unfit`));
    expect(new Set(made.map(({ token }) => token)).size).toBe(LINES - 25 + 1);
    for (const [n, { token }] of made.entries()) if (n % 500 === 0) unspeakable.token(token ?? '');
  });

  it('of tokens is answered with their values, in the same order', async () => {
    const lines = made.map(({ token }) => lineOf(token ?? 'no token'));
    const told = await all(talkInLines(shop, REVEAL, lines));
    expect(told).toHaveLength(LINES);
    const wrong = told.filter(({ value, code }, n) =>
      isWrong(n) ? code !== 'tokens.malformed' : value !== valueAt(n),
    );
    expect(wrong).toEqual([]);
  });

  it('can ask for masks alone', async () => {
    const tokens = made.slice(0, 3).map(({ token }) => lineOf(token));
    const told = await all(talkInLines(shop, `${REVEAL}&form=masked`, tokens));
    expect(told.map(({ value, masked }) => [value, masked?.startsWith('•••')])).toEqual(
      tokens.map(() => [undefined, true]),
    );
  });

  it('tells staff for their purpose, with a fresh factor', async () => {
    const support = await signIn(info, info.staff.support);
    const [url, others] = ['support', 'delivery'].map(
      (purpose) =>
        `${vault}/v1/tokens/reveal/stream?purpose=${purpose}&reason=customer-request&reference=CASE-7`,
    ) as [string, string];
    const tokens = made.slice(0, 3).map(({ token }) => lineOf(token));
    const told = await all(talkInLines(support, url, tokens));
    expect(told.map(({ value }) => value)).toEqual([0, 1, 2].map(valueAt));
    const line = {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: tokens[0] ?? '',
    };
    expect((await exchange(support, others, line)).code).toBe('people.purpose_not_allowed');
    const stale = support.clone();
    await table.ageFactors(301);
    expect((await exchange(stale, url, line)).code).toBe('auth.step_up_required');
  });

  it('goes on behind a line that is no entry, and ends at one that is too long', async () => {
    const good = lineOf(entryAt(0));
    const answers = await all(
      talkInLines(shop, MAKE, [good, 'no JSON\n', '{"__proto__":{}}\n', '[]\n', '"\\ud800"\n', good]),
    );
    expect(answers.map(({ code }) => code)).toEqual([
      undefined,
      ...['request.invalid', 'request.invalid', 'request.invalid', 'request.invalid'],
      undefined,
    ]);
    const ended = await all(talkInLines(shop, MAKE, [good, lineOf('x'.repeat(70_000)), good]));
    expect(ended.at(-1)).toEqual({ code: 'request.line_too_long', end: true });
    expect(ended.length).toBeLessThan(3);
  });

  it.each([
    ['JSON', MAKE, 'application/json', 415, 'request.media_type'],
    ['no purpose', `${vault}/v1/tokens/reveal/stream`, 'application/x-ndjson', 400, 'request.invalid'],
    [
      'a purpose of others',
      REVEAL.replace('delivery', 'rights-request'),
      'application/x-ndjson',
      403,
      'people.purpose_not_allowed',
    ],
  ])('with %s is refused before a line is read', async (_, url, type, status, code) => {
    const body = lineOf(entryAt(0));
    const answer = await exchange(shop, url, { method: 'POST', headers: { 'content-type': type }, body });
    expect([answer.status, answer.code]).toEqual([status, code]);
  });
});

describe('a client that is suspended while it streams', () => {
  const client = `streamer-${randomBytes(6).toString('hex')}` as ParametersOf<'clients.change'>['client'];
  const params = { client };
  const reason = { code: 'legal', reference: 'SEC-9' } as const;
  const MANY = 50;

  it('is told nothing more, and makes nothing more', async () => {
    const admin = await signIn(info, info.staff.admin);
    const officer = await signIn(info, info.staff.privacyOfficer);
    const program = await ProviderClient.register(info, 'urn:integument:vault');
    const declared = {
      ...{ client, use: 'identity' as const, purposes: ['delivery' as const], dpop: false },
      credentials: [program.credential as never],
    };
    const parameters = { ...declared, suspended: false };
    const leave = await agreed(info, [admin, officer], { operation: 'clients.change', parameters, reason });
    await ask(admin, vault, registerClient, { body: { ...declared, ...leave } });

    const entry = () => lineOf({ field: 'loyalty_number', value: unspeakable.value(word()) });
    const tokens: string[] = [];
    const [madeSome, toldSome, suspended] = [signal(), signal(), signal()];
    async function* entries() {
      for (let n = 0; n < MANY; n++) yield entry();
      await suspended.come;
      for (let n = 0; n < MANY; n++) yield entry();
    }
    async function* asked() {
      await madeSome.come;
      yield tokens.map(lineOf).join('');
      await suspended.come;
      yield tokens.map(lineOf).join('');
    }
    const making = (async () => {
      const read: Line[] = [];
      for await (const line of talkInLines(program, MAKE, entries()) as AsyncGenerator<Line>) {
        if (line.token !== undefined) tokens.push(line.token);
        if (read.push(line) === MANY) madeSome.give();
      }
      return read;
    })();
    const telling = (async () => {
      const read: Line[] = [];
      for await (const line of talkInLines(program, REVEAL, asked()) as AsyncGenerator<Line>)
        if (read.push(line) === MANY) toldSome.give();
      return read;
    })();
    await toldSome.come;
    await ask(officer, vault, suspendClient, { params, body: { reason } });
    suspended.give();
    const END = { code: 'auth.required', end: true };
    const [made, told] = [await making, await telling];
    expect([made.length, made.at(-1)]).toEqual([MANY + 1, END]);
    expect([told.length, told.at(-1)]).toEqual([MANY + 1, END]);
    expect(await table.count(`client:${client}`)).toBe(MANY);
    await ask(admin, vault, removeClient, { params, body: { reason } });
  });
});

it('no stream has left a token or a value in a log or an audit entry', async () => {
  const { control, ...found } = await unspeakable.found(info);
  expect(control).toBe(1);
  expect(found).toEqual({ logs: [], entries: [] });
});
