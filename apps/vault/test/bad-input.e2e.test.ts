import { enrolPerson, searchPeople } from '@integument/contracts';
import { encodeId, randomId } from '@integument/crypto';
import { platform } from '@integument/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { type SyntheticPerson, synthesise, word } from '../../../tools/demo/canaries.js';
import { ask } from '../../../tools/outside/ask.js';
import { Client } from '../../../tools/outside/client.js';
import { readLogs } from '../../../tools/outside/log-files.js';
import { enrolSomebody } from '../../../tools/outside/newcomer.js';
import { stranger } from '../../../tools/outside/visitor.js';
import { sendWrong, type WrongRequest } from '../../../tools/outside/wrong-request.js';

const info = platform();
const { vault } = info.urls;
const shop = new Client(info, 'brand-shop');
const [nobody] = synthesise(1) as [SyntheticPerson];
const { fields } = nobody.enrolment;
const { email = '', account_id = '' } = fields;
/** stands in every wrong request below; must come back from nowhere */
const canary = word();

let name: string;
beforeAll(async () => {
  ({ name } = await enrolSomebody(info));
});

const enrol = (value: object): Pick<WrongRequest, 'path' | 'body'> => ({
  path: '/v1/people',
  body: JSON.stringify(value),
});
const INVALID = [400, 'request.invalid'] as const;
const JSON_TYPE = 'application/json';

const WRONG: Readonly<Record<string, () => WrongRequest>> = {
  'an unknown field': () => ({ ...enrol({ fields, [canary]: canary }), answer: INVALID }),
  'an unknown identity field': () => ({
    ...enrol({ fields: { ...fields, [canary]: canary } }),
    answer: INVALID,
  }),
  'no field at all': () => ({ ...enrol({ fields: {} }), answer: INVALID }),
  'a list for an object': () => ({ ...enrol([{ fields, canary }]), answer: INVALID }),
  'a number for a text': () => ({ ...enrol({ fields: { email, account_id: 42 } }), answer: INVALID }),
  'an object for a text': () => ({ ...enrol({ fields: { email: { $ne: canary } } }), answer: INVALID }),
  'a list for a text': () => ({ ...enrol({ fields: { email: [email, canary] } }), answer: INVALID }),
  'null for a text': () => ({ ...enrol({ fields: { email: null, account_id } }), answer: INVALID }),
  'a text that is too long': () => ({
    ...enrol({ fields: { given_name: canary.repeat(8) } }),
    answer: INVALID,
  }),
  'a line break in a name': () => ({
    ...enrol({ fields: { given_name: `${canary}\n${canary}` } }),
    answer: INVALID,
  }),
  'a NUL in a name': () => ({ ...enrol({ fields: { given_name: `${canary}\u0000` } }), answer: INVALID }),
  'a lone surrogate': () => ({
    path: '/v1/people',
    body: `{"fields":{"given_name":"${canary}\\ud800","email":"${email}"}}`,
    answer: INVALID,
  }),
  'a day that there is not': () => ({
    ...enrol({ fields: { email, birth_date: '2001-02-29' } }),
    answer: INVALID,
  }),
  'a day to come': () => ({ ...enrol({ fields: { email, birth_date: '2999-01-01' } }), answer: INVALID }),
  'a country of three letters': () => ({
    ...enrol({ fields: { postal_address: { lines: [canary], locality: canary, country: 'SWE' } } }),
    answer: INVALID,
  }),
  'an unknown query parameter': () => ({
    ...enrol({ fields }),
    path: `/v1/people?${canary}=${canary}`,
    answer: INVALID,
  }),
  'no JSON': () => ({ path: '/v1/people', body: `{"fields": ${canary}`, answer: [400, 'request.json'] }),
  'no body': () => ({ path: '/v1/people', body: '', answer: INVALID }),
  __proto__: () => ({
    path: '/v1/people',
    body: `{"fields":{"email":"${email}"},"__proto__":{"${canary}":"${canary}"}}`,
    answer: [400, 'request.json'],
  }),
  '__proto__ deep inside': () => ({
    path: '/v1/people',
    body: `{"fields":{"postal_address":{"__proto__":{"country":"${canary}"}}}}`,
    answer: [400, 'request.json'],
  }),
  'constructor.prototype': () => ({
    path: '/v1/people',
    body: `{"fields":{"email":"${email}"},"constructor":{"prototype":{"${canary}":1}}}`,
    answer: [400, 'request.json'],
  }),
  'bytes that are not UTF-8': () => ({
    path: '/v1/people',
    body: Buffer.concat([
      Buffer.from(`{"fields":{"given_name":"${canary}`),
      Buffer.from([0xc3, 0x28]),
      Buffer.from('"}}'),
    ]),
    answer: [400, 'request.encoding'],
  }),
  'an overlong encoding': () => ({
    path: '/v1/people',
    body: Buffer.concat([
      Buffer.from(`{"fields":{"given_name":"${canary}`),
      Buffer.from([0xc0, 0xaf]),
      Buffer.from('"}}'),
    ]),
    answer: [400, 'request.encoding'],
  }),
  'another content type': () => ({
    ...enrol({ fields }),
    headers: { 'content-type': 'text/plain' },
    answer: [415, 'request.media_type'],
  }),
  'a form': () => ({
    path: '/v1/people',
    body: `email=${canary}`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    answer: [415, 'request.media_type'],
  }),
  'another charset': () => ({
    ...enrol({ fields }),
    headers: { 'content-type': `${JSON_TYPE}; charset=iso-8859-1` },
    answer: [415, 'request.media_type'],
  }),
  'a body that is too large': () => ({
    ...enrol({ fields: { given_name: canary, filler: 'x'.repeat(1_200_000) } }),
    answer: [413, 'request.too_large'],
  }),
  'a batch that is too large': () => ({
    path: '/v1/people/batch',
    body: JSON.stringify({ people: [{ fields: { given_name: canary, filler: 'x'.repeat(4_300_000) } }] }),
    answer: [413, 'request.too_large'],
  }),
  'an unknown search field': () => ({
    path: '/v1/people/search',
    body: JSON.stringify({ field: 'given_name', value: canary }),
    answer: INVALID,
  }),
  'a malformed pseudonym': () => ({
    path: `/v1/people/${canary}`,
    method: 'GET',
    body: '',
    answer: INVALID,
  }),
  'a mistyped pseudonym': () => ({
    path: `/v1/people/${name.slice(0, -1)}${name.endsWith('0') ? '1' : '0'}`,
    method: 'GET',
    body: '',
    answer: [404, 'request.unknown_id'],
  }),
  'a pseudonym of nobody': () => ({
    path: `/v1/people/${encodeId('cps', randomId())}`,
    method: 'GET',
    body: '',
    answer: [404, 'people.not_found'],
  }),
  'a pseudonym of another kind': () => ({
    path: `/v1/people/${encodeId('psn', randomId())}`,
    method: 'GET',
    body: '',
    answer: INVALID,
  }),
  'an unknown reveal purpose': () => ({
    path: `/v1/people/${name}/reveal`,
    body: JSON.stringify({
      fields: ['email'],
      purpose: canary,
      reason: { code: 'order', reference: 'ORDER-1' },
    }),
    answer: INVALID,
  }),
  'a broken escape in the path': () => ({
    path: `/v1/people/%zz${canary}`,
    method: 'GET',
    body: '',
    answer: [400, 'request.malformed'],
  }),
  'an unknown path': () => ({
    path: `/v1/${canary}`,
    method: 'GET',
    body: '',
    answer: [404, 'request.unknown_route'],
  }),
};

describe('the vault', () => {
  it.each(Object.keys(WRONG))('refuses %s with a stable code and without repeating it', async (what) => {
    const wrong = WRONG[what]?.() as WrongRequest;
    const answer = await sendWrong(shop, vault, wrong);
    expect([answer.status, answer.code]).toEqual(wrong.answer);
    const said = JSON.stringify([answer.text, [...answer.headers]]).toLowerCase();
    for (const value of [canary, email, account_id]) expect(said).not.toContain(value);
  });

  it('answers a large body of somebody unknown before it is read', async () => {
    const body = JSON.stringify({ fields: { given_name: 'x'.repeat(900_000) } });
    const answer = await sendWrong(stranger, vault, { path: '/v1/people', body, answer: [401, ''] });
    expect([answer.status, answer.code]).toEqual([401, 'auth.required']);
  });

  it('has stored nothing of all that', async () => {
    for (const [field, value] of [
      ['email', email],
      ['account_id', account_id],
    ] as const) {
      const { people } = await ask(shop, vault, searchPeople, { body: { field, value } });
      expect(people).toEqual([]);
    }
    // The search would find them: enrolled rightly, they are there.
    await ask(shop, vault, enrolPerson, { body: nobody.enrolment });
    const { people } = await ask(shop, vault, searchPeople, { body: { field: 'email', value: email } });
    expect(people).toHaveLength(1);
  });

  it('has logged nothing of all that', () => {
    const logs = readLogs(info).toLowerCase();
    expect(logs).toContain('listening');
    for (const value of [canary, email, account_id]) expect(logs).not.toContain(value);
  });
});
