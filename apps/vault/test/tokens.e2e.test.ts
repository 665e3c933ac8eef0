import { Readable } from 'node:stream';
import {
  askToken,
  describeToken,
  enrolPerson,
  erasePerson,
  makePersonTokens,
  makeToken,
  makeTokens,
  removeTokens,
  revealToken,
  revealTokens,
  type TokenResult,
} from '@integument/contracts';
import { platform } from '@integument/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, request } from '../../../tools/outside/ask.js';
import { signIn } from '../../../tools/outside/browser.js';
import { Client } from '../../../tools/outside/client.js';
import { findEntries } from '../../../tools/outside/find-entries.js';
import { lineOf, talkInLines } from '../../../tools/outside/line-talk.js';
import { enrolSomebody } from '../../../tools/outside/newcomer.js';
import {
  cardNumber,
  FOR_DELIVERY,
  FOR_SUPPORT,
  loyaltyNumber,
  newKey,
  TokenTable,
  Unspeakable,
} from './tokens.fixture.js';

const info = platform();
const { vault } = info.urls;
const shop = new Client(info, 'brand-shop');
const unspeakable = new Unspeakable();
const began = new Date().toISOString();

let table: TokenTable;
beforeAll(async () => {
  table = await TokenTable.open(info);
});
afterAll(() => table.close());

const newLoyaltyNumber = () => unspeakable.value(loyaltyNumber());
async function made(body: object): Promise<string> {
  const { token } = await ask(shop, vault, makeToken, { body: body as never });
  return unspeakable.token(token);
}
const revealed = (token: unknown, wish: object = FOR_DELIVERY) =>
  request(shop, vault, revealToken, { body: { token, ...wish } });
const readBy = async (token: unknown) => ((await revealed(token)).json as { value?: unknown }).value;

describe('a client', () => {
  it('makes a token, and reads its value in full, masked, and by a question', async () => {
    const card = unspeakable.value(cardNumber());
    const token = await made({ field: 'card', value: card });
    expect(token).toMatch(/^tok_[0-9a-z]{40}$/);
    expect((await revealed(token)).json).toEqual({ field: 'card', value: card });
    const masked = await revealed(token, { form: 'masked', ...FOR_DELIVERY });
    expect(masked.json).toEqual({ field: 'card', masked: `•••${card.slice(-4)}` });
    const birthday = await made({ field: 'birth_day', value: '1990-12-10' });
    const question = { predicate: 'at-least-years', years: 18 } as const;
    const answer = await ask(shop, vault, askToken, {
      body: { token: birthday, question, ...FOR_DELIVERY },
    });
    expect(answer).toEqual({ field: 'birth_day', answer: true });
  });

  it('gets another random token each time, and one deterministic token for each value', async () => {
    const value = newLoyaltyNumber();
    const entry = { field: 'loyalty_number', value };
    const same = { ...entry, type: 'deterministic' };
    const [one, two] = [await made(entry), await made(entry)];
    expect(one).not.toBe(two);
    const first = await made(same);
    expect([await made(same), (await made({ ...same, domain: 'orders' })) === first]).toEqual([first, false]);
    expect([await readBy(one), await readBy(two), await readBy(first)]).toEqual([value, value, value]);
  });

  it('gets tokens that look like their values, and reads them with their field', async () => {
    const card = unspeakable.value(cardNumber());
    const token = await made({ field: 'card', value: card, type: 'format-preserving' });
    expect(token).toMatch(new RegExp(`^[1-9][0-9]{11}${card.slice(-4)}$`));
    expect(token).not.toBe(card);
    expect(await readBy({ token, field: 'card' })).toBe(card);
    expect((await revealed({ token, field: 'national_id' })).code).toBe('tokens.not_found');
  });

  it('leaves nothing behind where a field is declared to be beyond erasure', async () => {
    const before = await table.count();
    const value = `+4930${String(Date.now()).slice(-8)}`;
    const token = await made({ field: 'terminal_phone', value, type: 'format-preserving' });
    expect([token.length, token.slice(0, 4), token === value]).toEqual([value.length, '+493', false]);
    expect(await readBy({ token, field: 'terminal_phone' })).toBe(value);
    expect(await table.count()).toBe(before);
  });

  it('says what a token is without its value, and does away with it', async () => {
    const token = (await made({ field: 'loyalty_number', value: newLoyaltyNumber(), uses: 3 })) as never;
    const described = await ask(shop, vault, describeToken, { body: { token } });
    expect(described).toMatchObject({ field: 'loyalty_number', type: 'random', domain: null, usesLeft: 3 });
    expect(await ask(shop, vault, removeTokens, { body: { tokens: [token, token] } })).toEqual({
      removed: 1,
    });
    expect((await revealed(token)).code).toBe('tokens.not_found');
  });

  it('is told by no token whose end has come', async () => {
    const expiresAt = new Date(Date.now() + 1_500).toISOString();
    const value = newLoyaltyNumber();
    const token = await made({ field: 'loyalty_number', value, expiresAt });
    expect(await readBy(token)).toBe(value);
    await expect.poll(async () => (await revealed(token)).code, { timeout: 5_000 }).toBe('tokens.not_found');
  });

  it('is told the value of a one-time token once, though it asks a hundred times at once', async () => {
    const value = newLoyaltyNumber();
    const token = await made({ field: 'loyalty_number', value, uses: 1 });
    const answers = await Promise.all(Array.from({ length: 100 }, () => revealed(token)));
    const told = answers.filter(({ status }) => status === 200);
    expect(told.map(({ json }) => json)).toEqual([{ field: 'loyalty_number', value }]);
    const others = answers.filter((answer) => answer !== told[0]);
    expect(new Set(others.map(({ code }) => code))).toEqual(new Set(['tokens.not_found']));
  });
});

describe('a batch', () => {
  const entries = () => [
    { field: 'loyalty_number', value: newLoyaltyNumber() },
    { field: 'card', value: '4111111111111112' },
    { field: 'shoe_size', value: '44' },
    'not even an object',
    { field: 'loyalty_number', value: newLoyaltyNumber(), domain: 'elsewhere' },
    { field: 'loyalty_number', value: 44, uses: 0 },
    { field: 'loyalty_number', value: newLoyaltyNumber(), type: 'deterministic', domain: 'orders' },
  ];
  const CODES = [
    undefined,
    'catalogue.value_unfit',
    'tokens.field_unknown',
    'request.invalid',
    'tokens.domain_unknown',
    'request.invalid',
    undefined,
  ];

  it('makes what is right and says of each other entry why not', async () => {
    const values = entries();
    const answer = await ask(shop, vault, makeTokens, { body: { values } });
    expect([answer.made, answer.refused]).toEqual([2, 5]);
    const results = answer.results as { token?: string; code?: string; fields?: string[] }[];
    expect(results.map(({ code }) => code)).toEqual(CODES);
    expect(results[5]?.fields?.sort()).toEqual(['uses', 'value']);
    const tokens = results.map(({ token }) => token && unspeakable.token(token));
    const told = await ask(shop, vault, revealTokens, {
      body: { tokens: [tokens[6], 'tok_0', tokens[0]], ...FOR_DELIVERY },
    });
    expect([told.revealed, told.refused]).toEqual([2, 1]);
    expect(told.results).toEqual([
      { field: 'loyalty_number', value: (values[6] as { value: string }).value },
      { code: 'tokens.malformed' },
      { field: 'loyalty_number', value: (values[0] as { value: string }).value },
    ]);
  });

  it('with `atomic` makes all or none', async () => {
    const before = await table.count();
    const body = { values: entries(), atomic: true };
    const { status, code, problem } = await request(shop, vault, makeTokens, { body });
    expect([status, code]).toEqual([400, 'request.invalid']);
    expect(problem?.errors?.map(({ path }) => path)).toEqual(
      [1, 2, 3, 4, 5].map((at) => `body.values.${at}`),
    );
    expect(await table.count()).toBe(before);
    const right = { values: [entries()[0], entries()[6]], atomic: true };
    expect(await ask(shop, vault, makeTokens, { body: right })).toMatchObject({ made: 2, refused: 0 });
  });

  const ofOne = () => ({ body: { field: 'loyalty_number', value: newLoyaltyNumber() } });
  const ofMany = () => ({ body: { values: entries() } });
  const ofPerson = async () => {
    const { name } = await enrolSomebody(info);
    const known = (field: string) => ({ params: { person: name }, body: { fields: [field] } });
    return [known('email'), known('phone')] as const;
  };
  const ofManyKnown = async () => {
    const { name } = await enrolSomebody(info);
    const known = (field: string) => ({ body: { values: [{ person: name, field, known: true }] } });
    return [known('email'), known('phone')] as const;
  };

  it.each([
    ['one', makeToken, () => [ofOne(), ofOne()] as const],
    ['many', makeTokens, () => [ofMany(), ofMany()] as const],
    ['what is known of a person', makePersonTokens, ofPerson],
    ['what is known of many', makeTokens, ofManyKnown],
  ] as const)(
    'of %s that is sent again gets the first answer, and another is refused',
    async (_, route, inputs) => {
      const [input, another] = await inputs();
      const headers = newKey();
      const first = await request(shop, vault, route, { ...input, headers });
      expect(first.status).toBe(route.status ?? 200);
      const count = await table.count();
      const again = await request(shop, vault, route, { ...input, headers });
      expect([again.status, again.text]).toEqual([first.status, first.text]);
      const other = await request(shop, vault, route, { ...another, headers });
      expect([other.status, other.code]).toEqual([409, 'idempotency.mismatch']);
      expect(await table.count()).toBe(count);
    },
  );
});

describe('tokens of a person', () => {
  it('are made of what is known, and are gone with the answer to an erasure', async () => {
    const { person, name } = await enrolSomebody(info);
    const { email = '', phone = '' } = person.enrolment.fields;
    const { tokens } = await ask(shop, vault, makePersonTokens, {
      params: { person: name },
      body: { fields: ['email', 'phone'], type: 'deterministic' },
    });
    const own = await made({ field: 'loyalty_number', value: newLoyaltyNumber(), person: name });
    expect([await readBy(tokens.email), await readBy(tokens.phone)]).toEqual([email, phone]);
    const body = { reason: { code: 'customer-request', reference: 'CASE-1' } } as const;
    await ask(shop, vault, erasePerson, { params: { person: name }, body });
    for (const token of [tokens.email, tokens.phone, own])
      expect((await revealed(token)).code).toBe('tokens.not_found');
  });

  it('are made of what is known of many, in a batch and in a stream, and none of it is sent', async () => {
    const people = await Promise.all(Array.from({ length: 5 }, () => enrolSomebody(info)));
    const values = people.flatMap(({ name }) => [
      { person: name, field: 'email', known: true, type: 'deterministic' },
      { person: name, field: 'loyalty_number', known: true },
    ]);
    const { results } = await ask(shop, vault, makeTokens, { body: { values } });
    const streamed: TokenResult[] = [];
    const lines = Readable.from([values.map(lineOf).join('')]);
    for await (const line of talkInLines(shop, `${vault}/v1/tokens/stream`, lines))
      streamed.push(line as TokenResult);
    expect(streamed).toEqual(results);
    for (const [at, { person }] of people.entries()) {
      const [email, unknown] = results.slice(2 * at);
      expect(await readBy(email && 'token' in email ? email.token : '')).toBe(person.enrolment.fields.email);
      expect(unknown).toEqual({ code: 'request.invalid', fields: ['known'] });
    }
  });

  it('of two with one value are two', async () => {
    const email = `${loyaltyNumber().toLowerCase()}@example.org`;
    const tokens = new Set<string | undefined>();
    for (let n = 0; n < 2; n++) {
      const { person } = await ask(shop, vault, enrolPerson, { body: { fields: { email } } });
      const body = { fields: ['email' as const], type: 'deterministic' as const };
      tokens.add((await ask(shop, vault, makePersonTokens, { params: { person }, body })).tokens.email);
    }
    expect(tokens.size).toBe(2);
  });
});

describe('staff', () => {
  it('read tokens of any client, for their purpose and a reason, with a fresh factor', async () => {
    const value = newLoyaltyNumber();
    const token = await made({ field: 'loyalty_number', value });
    const support = await signIn(info, info.staff.support);
    const body = { token: token as never, ...FOR_SUPPORT };
    expect(await ask(support, vault, revealToken, { body })).toEqual({ field: 'loyalty_number', value });
    const others = { body: { ...body, ...FOR_DELIVERY } };
    expect((await request(support, vault, revealToken, others)).code).toBe('people.purpose_not_allowed');
    // The same cookies, in hands that have no passkey.
    const stale = support.clone();
    await table.ageFactors(301);
    expect((await request(stale, vault, revealToken, { body })).code).toBe('auth.step_up_required');
    expect((await request(stale, vault, describeToken, { body: { token } })).status).toBe(200);
  });

  it('make no tokens', async () => {
    const support = await signIn(info, info.staff.support);
    const body = { field: 'loyalty_number', value: newLoyaltyNumber() };
    expect(await request(support, vault, makeToken, { body })).toMatchObject({
      status: 403,
      code: 'auth.forbidden',
    });
  });
});

describe('the log', () => {
  it('has who asked, for what, how many and why', async () => {
    const auditor = await signIn(info, info.staff.auditor);
    const actions = async () => {
      const entries = await findEntries(auditor, vault, { from: began });
      return new Set(
        entries.map(({ entry }) => entry.action).filter((action) => action.startsWith('tokens.')),
      );
    };
    const all = ['make', 'make_batch', 'reveal', 'reveal_batch', 'ask', 'describe', 'remove'];
    await expect
      .poll(async () => [...(await actions())].sort(), { timeout: 20_000 })
      .toEqual(expect.arrayContaining(all.map((action) => `tokens.${action}`)));
  });

  it('has no token and no value, and neither has any line that was logged', async () => {
    const { control, ...found } = await unspeakable.found(info);
    expect(control).toBe(1);
    expect(found).toEqual({ logs: [], entries: [] });
  });
});
