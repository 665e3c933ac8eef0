import { makeToken } from '@integument/contracts';
import { encodeId, randomId } from '@integument/crypto';
import { platform } from '@integument/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { word } from '../../../tools/demo/canaries.js';
import { ask } from '../../../tools/outside/ask.js';
import { Client } from '../../../tools/outside/client.js';
import { readLogs } from '../../../tools/outside/log-files.js';
import { stranger } from '../../../tools/outside/visitor.js';
import { sendWrong, type WrongRequest } from '../../../tools/outside/wrong-request.js';
import { FOR_DELIVERY, TokenTable } from './tokens.fixture.js';

const info = platform();
const { vault } = info.urls;
const shop = new Client(info, 'brand-shop');
/** stands in every wrong request below; must come back from nowhere */
const canary = word();
const MISTYPED = encodeId('tok', Buffer.alloc(21)).replace(/.$/, (last) => (last === '0' ? '1' : '0'));
const NOBODYS = encodeId('tok', Buffer.concat([Buffer.alloc(5), randomId()]));

let table: TokenTable;
let before: number;
beforeAll(async () => {
  table = await TokenTable.open(info);
  before = await table.count();
});
afterAll(() => table.close());

const INVALID = [400, 'request.invalid'] as const;
type Answer = WrongRequest['answer'];
const send = (path: string, body: unknown, answer: Answer = INVALID) => ({
  path,
  body: typeof body === 'string' ? body : JSON.stringify(body),
  answer,
});
const right = { field: 'loyalty_number', value: canary };
const knownOfNobody = { field: 'email', known: true, person: encodeId('cps', randomId()) };
const make = (change: object, answer: Answer = INVALID) =>
  send('/v1/tokens', { ...right, ...change }, answer);
const makeMany = (change: object, answer: Answer = INVALID) =>
  send('/v1/tokens/batch', { values: [right], ...change }, answer);
const reveal = (token: unknown, answer: Answer = INVALID, change: object = {}) =>
  send('/v1/tokens/reveal', { token, ...FOR_DELIVERY, ...change }, answer);
const question = (question: object, answer: Answer = INVALID) =>
  send('/v1/tokens/ask', { token: NOBODYS, question, ...FOR_DELIVERY }, answer);
const ofPerson = (change: object, answer: Answer = INVALID, person = encodeId('cps', randomId())) =>
  send(`/v1/people/${person}/tokens`, { fields: ['email'], ...change }, answer);
const describeOf = (token: unknown, answer: Answer = INVALID, change: object = {}) =>
  send('/v1/tokens/describe', { token, ...change }, answer);

const WRONG: Readonly<Record<string, () => WrongRequest>> = {
  'no JSON': () => send('/v1/tokens', `{"value": ${canary}`, [400, 'request.json']),
  'a list': () => send('/v1/tokens', [right]),
  'no value': () => send('/v1/tokens', { field: 'loyalty_number' }),
  'a number for a value': () => make({ value: 42 }),
  'null for a value': () => make({ value: null }),
  'an operator for a value': () => make({ value: { $ne: canary } }),
  'a list for a value': () => make({ value: [canary] }),
  'an empty value': () => make({ value: '' }),
  'a value that is too long': () => make({ value: canary.repeat(300) }),
  'an unknown property': () => make({ [canary]: canary }),
  __proto__: () =>
    send('/v1/tokens', `{"field":"card","value":"${canary}","__proto__":{"uses":1}}`, [400, 'request.json']),
  '__proto__ for a field': () => make({ field: '__proto__' }),
  'constructor for a field': () => make({ field: 'constructor' }, [400, 'tokens.field_unknown']),
  'an unknown field': () => make({ field: 'shoe_size' }, [400, 'tokens.field_unknown']),
  'an unknown domain': () => make({ domain: 'elsewhere' }, [400, 'tokens.domain_unknown']),
  'the inner name of a domain': () => make({ domain: 'client:brand-shop' }),
  'an unknown type': () => make({ type: canary }),
  'a type that the kind has not': () => make({ type: 'format-preserving' }, [400, 'tokens.type_not_allowed']),
  'a type that the field has not': () =>
    make({ field: 'terminal_phone', value: '+493012345678' }, [400, 'tokens.type_not_allowed']),
  'a person for a field beyond erasure': () =>
    make(
      {
        ...{ field: 'terminal_phone', value: '+493012345678', type: 'format-preserving' },
        person: encodeId('cps', randomId()),
      },
      [400, 'tokens.type_not_allowed'],
    ),
  'a limit on a deterministic token': () => make({ type: 'deterministic', uses: 1 }),
  'an end of a deterministic token': () => make({ type: 'deterministic', expiresAt: '2099-01-01T00:00:00Z' }),
  'no uses': () => make({ uses: 0 }),
  'half a use': () => make({ uses: 1.5 }),
  'too many uses': () => make({ uses: 1_000_001 }),
  'an end that is no time': () => make({ expiresAt: canary }),
  'an end on a day that there is not': () => make({ expiresAt: '2099-02-30T00:00:00Z' }),
  'an end that is over': () => make({ expiresAt: '2026-01-01T00:00:00Z' }, [400, 'tokens.end_past']),
  'an end with more decimals than are kept': () =>
    make({ expiresAt: `2099-01-01T00:00:00.${'0'.repeat(200)}Z` }),
  'an end in the year 0': () => make({ expiresAt: '0000-01-01T00:00:00Z' }),
  'somebody who is no person': () => make({ person: canary }),
  'somebody who is nobody': () => make({ person: encodeId('cps', randomId()) }, [404, 'people.not_found']),
  'no value of somebody': () => send('/v1/tokens', { ...knownOfNobody, known: undefined }),
  'what is known of nobody in particular': () => send('/v1/tokens', { ...knownOfNobody, person: undefined }),
  'what is known, in a field in which nothing is': () =>
    send('/v1/tokens', { ...knownOfNobody, field: 'loyalty_number' }),
  'what is known, and a value': () =>
    send('/v1/tokens', { ...knownOfNobody, value: `${canary}@example.org` }),
  'what is not known': () => send('/v1/tokens', { ...knownOfNobody, known: false }),
  'what is known of somebody who is nobody': () =>
    send('/v1/tokens', knownOfNobody, [404, 'people.not_found']),
  'what is known, and a type that it has not': () =>
    send('/v1/tokens', { ...knownOfNobody, type: 'format-preserving' }, [400, 'tokens.type_not_allowed']),
  'a lone surrogate': () =>
    send('/v1/tokens', `{"field":"loyalty_number","value":"${canary}\\ud800"}`, [
      422,
      'catalogue.value_unfit',
    ]),
  'a card that fails its check': () =>
    make({ field: 'card', value: '4111111111111112' }, [422, 'catalogue.value_unfit']),
  'a text for an address': () => make({ field: 'postal_address' }, [422, 'catalogue.value_unfit']),
  'bytes that are not UTF-8': () => ({
    path: '/v1/tokens',
    body: Buffer.concat([
      Buffer.from(`{"field":"card","value":"${canary}`),
      Buffer.from([0xc3, 0x28, 0x22, 0x7d]),
    ]),
    answer: [400, 'request.encoding'],
  }),
  'another content type': () => ({
    ...make({}, [415, 'request.media_type']),
    headers: { 'content-type': 'text/plain' },
  }),
  'lines for a route without': () => ({
    ...make({}, [415, 'request.media_type']),
    headers: { 'content-type': 'application/x-ndjson' },
  }),
  'a body that is too large': () =>
    make({ value: 'x'.repeat(1_200_000), filler: canary }, [413, 'request.too_large']),
  'an Idempotency-Key that is too short': () => ({
    ...make({}, [400, 'idempotency.key_invalid']),
    headers: { 'idempotency-key': 'short' },
  }),
  'no values': () => makeMany({ values: [] }),
  'values that are no list': () => makeMany({ values: { 0: right } }),
  '10,001 values': () => makeMany({ values: Array.from({ length: 10_001 }, () => right) }),
  'a text for a yes or no': () => makeMany({ atomic: 'true' }),
  'a batch that is too large': () =>
    makeMany({ values: [canary, 'x'.repeat(17_000_000)] }, [413, 'request.too_large']),
  'no token': () => reveal(canary),
  'a token of another kind': () => reveal(encodeId('cps', randomId())),
  'a mistyped token': () => reveal(MISTYPED, [400, 'tokens.malformed']),
  'a token of nobody': () => reveal(NOBODYS, [404, 'tokens.not_found']),
  'a formatted token without its field': () => reveal({ token: canary }),
  'a formatted token of an unknown domain': () =>
    reveal({ token: canary, field: 'card', domain: 'elsewhere' }, [400, 'tokens.domain_unknown']),
  'a formatted token that could be none': () =>
    reveal({ token: canary, field: 'terminal_phone' }, [400, 'tokens.malformed']),
  'a NUL in a formatted token': () => reveal({ token: `${canary}\u0000`, field: 'card' }),
  'a lone surrogate in a formatted token': () =>
    send(
      '/v1/tokens/reveal',
      `{"token":{"token":"${canary}\\udc00","field":"card"},"purpose":"delivery","reason":{"code":"order","reference":"ORDER-7"}}`,
      INVALID,
    ),
  'a NUL in a formatted token to remove': () =>
    send('/v1/tokens/remove', { tokens: [{ token: `${canary}\u0000`, field: 'card' }] }),
  'a NUL in a line': () => make({ value: `${canary}\u0000` }, [422, 'catalogue.value_unfit']),
  'an unknown purpose': () => reveal(NOBODYS, INVALID, { purpose: canary }),
  'a purpose of others': () =>
    reveal(NOBODYS, [403, 'people.purpose_not_allowed'], { purpose: 'legal-obligation' }),
  'a story for a reason': () => reveal(NOBODYS, INVALID, { reason: canary }),
  'an unknown form': () => reveal(NOBODYS, INVALID, { form: canary }),
  '10,001 tokens': () =>
    send('/v1/tokens/reveal/batch', {
      tokens: Array.from({ length: 10_001 }, () => NOBODYS),
      ...FOR_DELIVERY,
    }),
  '10,001 tokens to remove': () =>
    send('/v1/tokens/remove', { tokens: Array.from({ length: 10_001 }, () => NOBODYS) }),
  'a token to remove that is none': () => send('/v1/tokens/remove', { tokens: [canary] }),
  'a question that there is not': () => question({ predicate: canary }),
  'an age that may not be asked': () => question({ predicate: 'at-least-years', years: 19 }),
  'what is known of nobody': () => ofPerson({}, [404, 'people.not_found']),
  'what is known of what is no person': () => ofPerson({}, INVALID, canary),
  'nothing of what is known': () => ofPerson({ fields: [] }),
  'a text for what is known': () => ofPerson({ fields: 'email' }),
  'what nobody has': () => ofPerson({ fields: [canary] }),
  'more of what is known than there is': () =>
    ofPerson({ fields: Array.from({ length: 100 }, () => 'email') }),
  'a value beside what is known': () => ofPerson({ value: canary }),
  'a limit on deterministic tokens of a person': () => ofPerson({ type: 'deterministic', uses: 1 }),
  'a type that what is known has not': () =>
    ofPerson({ type: 'format-preserving' }, [400, 'tokens.type_not_allowed']),
  'an unknown domain for what is known': () =>
    ofPerson({ domain: 'elsewhere' }, [400, 'tokens.domain_unknown']),
  'an Idempotency-Key with a blank for what is known': () => ({
    ...ofPerson({}, [400, 'idempotency.key_invalid']),
    headers: { 'idempotency-key': 'has a blank in it, and is long' },
  }),
  'no token to describe': () => describeOf(canary),
  'nothing to describe': () => describeOf(null),
  'a list to describe': () => describeOf([NOBODYS]),
  'a token of another kind to describe': () => describeOf(encodeId('cps', randomId())),
  'a mistyped token to describe': () => describeOf(MISTYPED, [400, 'tokens.malformed']),
  'a token of nobody to describe': () => describeOf(NOBODYS, [404, 'tokens.not_found']),
  'a reason for a description': () => describeOf(NOBODYS, INVALID, { reason: canary }),
  'a NUL in a formatted token to describe': () => describeOf({ token: `${canary}\u0000`, field: 'card' }),
  'a formatted token of an unknown domain to describe': () =>
    describeOf({ token: canary, field: 'card', domain: 'elsewhere' }, [400, 'tokens.domain_unknown']),
  'a day to count ages on': () => question({ predicate: 'at-least-years', years: 18, today: '2030-01-01' }),
};

describe('the vault, asked for tokens,', () => {
  it.each(Object.keys(WRONG))('refuses %s with a stable code and without repeating it', async (what) => {
    const wrong = WRONG[what]?.() as WrongRequest;
    const answer = await sendWrong(shop, vault, wrong);
    expect([answer.status, answer.code]).toEqual(wrong.answer);
    expect(JSON.stringify([answer.text, [...answer.headers]]).toLowerCase()).not.toContain(canary);
  });

  it('refuses a question that a value of this kind is never asked', async () => {
    const { token } = await ask(shop, vault, makeToken, {
      body: { field: 'birth_day', value: '1990-12-10' },
    });
    before++;
    for (const asked of [
      { predicate: 'equals', value: '1990-12-10' },
      { predicate: 'same-country', country: 'DE' },
    ]) {
      const body = JSON.stringify({ token, question: asked, ...FOR_DELIVERY });
      const answer = await sendWrong(shop, vault, { path: '/v1/tokens/ask', body, answer: [422, ''] });
      expect([answer.status, answer.code]).toEqual([422, 'catalogue.question_unfit']);
    }
  });

  it('answers a large batch of somebody unknown before it is read', async () => {
    const answer = await sendWrong(stranger, vault, {
      ...makeMany({ values: ['x'.repeat(9_000_000)] }),
      answer: [401, ''],
    });
    expect([answer.status, answer.code]).toEqual([401, 'auth.required']);
  });

  it('has stored and logged nothing of all that', async () => {
    expect(await table.count()).toBe(before);
    const logs = readLogs(info).toLowerCase();
    expect(logs).toContain('listening');
    expect(logs).not.toContain(canary);
  });
});
