import { randomUUID } from 'node:crypto';
import {
  enrolPeople,
  enrolPerson,
  readPerson,
  revealPerson,
  searchPeople,
  updatePerson,
} from '@integument/contracts';
import { platform } from '@integument/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { type SyntheticPerson, synthesise } from '../../../tools/demo/canaries.js';
import { ask, request } from '../../../tools/outside/ask.js';
import { signIn } from '../../../tools/outside/browser.js';
import { Client } from '../../../tools/outside/client.js';
import { enrolSomebody } from '../../../tools/outside/newcomer.js';

const info = platform();
const { vault } = info.urls;
const shop = new Client(info, 'brand-shop');
const reason = { code: 'order', reference: 'ORDER-1042' } as const;

let person: SyntheticPerson;
let name: string;
beforeAll(async () => {
  ({ person, name } = await enrolSomebody(info));
});

async function find(field: 'email' | 'phone' | 'account_id', value: string): Promise<string[]> {
  const { people } = await ask(shop, vault, searchPeople, { body: { field, value } });
  return people.map((found) => found.person as string);
}

describe('an identity client', () => {
  it('enrols a person and reads them masked', async () => {
    const { fields } = person.enrolment;
    const read = await ask(shop, vault, readPerson, { params: { person: name } });
    expect(read).toEqual({
      person: name,
      masked: {
        email: `${fields.email?.slice(0, 1)}•••@example.org`,
        phone: `•••${fields.phone?.slice(-2)}`,
        given_name: `${fields.given_name?.slice(0, 1)}•••`,
        family_name: `${fields.family_name?.slice(0, 1)}•••`,
        birth_date: `${fields.birth_date?.slice(0, 4)}-••-••`,
        postal_address: '•••, SE',
        account_id: `•••${fields.account_id?.slice(-2)}`,
      },
      region: null,
      undeliverable: false,
    });
  });

  it('finds them by email, phone and account, however these are written', async () => {
    const { email = '', phone = '', account_id = '' } = person.enrolment.fields;
    for (const value of [email, email.toUpperCase(), ` ${email} `])
      expect(await find('email', value)).toEqual([name]);
    expect(await find('phone', phone)).toEqual([name]);
    expect(await find('account_id', account_id)).toEqual([name]);
    expect(await find('account_id', email)).toEqual([]);
  });

  it('finds one number in any punctuation', async () => {
    const number = `+3247${String(Math.floor(Math.random() * 10_000_000)).padStart(7, '0')}`;
    const body = { fields: { phone: number } };
    const enrolled = await ask(shop, vault, enrolPerson, { body });
    const spaced = `${number.slice(0, 3)} (0)${number.slice(3, 6)} ${number.slice(6, 8)}-${number.slice(8)}`;
    expect(await find('phone', spaced)).toContain(enrolled.person);
  });

  it('reveals chosen fields in full for an allowed purpose and a reason', async () => {
    const { fields } = person.enrolment;
    const body = {
      fields: ['email' as const, 'postal_address' as const],
      purpose: 'delivery' as const,
      reason,
    };
    const revealed = await ask(shop, vault, revealPerson, { params: { person: name }, body });
    expect(revealed.fields).toEqual({ email: fields.email, postal_address: fields.postal_address });
  });

  it.each([
    ['without a reason', { purpose: 'delivery' }, 400, 'request.invalid'],
    ['without a purpose', { reason }, 400, 'request.invalid'],
    ['for a purpose that there is not', { purpose: 'curiosity', reason }, 400, 'request.invalid'],
    ['for a purpose of others', { purpose: 'rights-request', reason }, 403, 'people.purpose_not_allowed'],
    ['with a story for a reason', { purpose: 'delivery', reason: 'she asked' }, 400, 'request.invalid'],
  ])('reveals nothing %s', async (_, rest, status, code) => {
    const body = { fields: ['email'], ...rest };
    const answer = await request(shop, vault, revealPerson, { params: { person: name }, body });
    expect([answer.status, answer.code]).toEqual([status, code]);
  });

  it('replaces a value, which is found from then on, and removes another', async () => {
    const { person: other, name: otherName } = await enrolSomebody(info);
    const [fresh] = synthesise(1) as [SyntheticPerson];
    const { email: after = '' } = fresh.enrolment.fields;
    const { masked } = await ask(shop, vault, updatePerson, {
      params: { person: otherName },
      body: { fields: { email: after, birth_date: null } },
    });
    expect(masked.birth_date).toBeUndefined();
    expect(await find('email', after)).toEqual([otherName]);
    expect(await find('email', other.enrolment.fields.email ?? '')).toEqual([]);
  });

  it('does not know people that others enrolled', async () => {
    const [stranger] = synthesise(1) as [SyntheticPerson];
    await signIn(info, stranger.subject);
    const taken = await request(shop, vault, enrolPerson, { body: stranger.enrolment });
    expect([taken.status, taken.code]).toEqual([409, 'people.account_taken']);
    expect(await find('email', stranger.enrolment.fields.email ?? '')).toEqual([]);
  });
});

describe('a batch', () => {
  it('enrols what is right and says of each other entry why not', async () => {
    const [first, second, third] = synthesise(3) as [SyntheticPerson, SyntheticPerson, SyntheticPerson];
    const people = [
      first.enrolment,
      { fields: { ...second.enrolment.fields, email: 'nobody', birth_date: '1990-02-30' } },
      { fields: { shoe_size: 44 } },
      { ...third.enrolment, account: first.enrolment.account },
      'not even an object',
      second.enrolment,
    ];
    const { enrolled, refused, results } = await ask(shop, vault, enrolPeople, { body: { people } });
    expect([enrolled, refused]).toEqual([2, 4]);
    expect(results.map((result) => ('code' in result ? result.code : 'enrolled'))).toEqual([
      'enrolled',
      'request.invalid',
      'request.invalid',
      'people.account_taken',
      'request.invalid',
      'enrolled',
    ]);
    expect(results[1]).toMatchObject({ fields: ['fields.email', 'fields.birth_date'] });
    expect(JSON.stringify(results)).not.toContain('shoe_size');
    expect(await find('email', first.enrolment.fields.email ?? '')).toHaveLength(1);
    expect(await find('email', third.enrolment.fields.email ?? '')).toHaveLength(0);
  });

  it('of none, or of more than a thousand, is refused whole', async () => {
    for (const count of [0, 1_001]) {
      const people = Array.from({ length: count }, () => ({ fields: { given_name: 'Ada' } }));
      const answer = await request(shop, vault, enrolPeople, { body: { people } });
      expect([answer.status, answer.code]).toEqual([400, 'request.invalid']);
    }
  });
});

describe('an Idempotency-Key', () => {
  it('makes a repeated request have its effect once, and the same answer', async () => {
    const [one] = synthesise(1) as [SyntheticPerson];
    const input = { body: one.enrolment, headers: { 'idempotency-key': randomUUID() } };
    const answers = await Promise.all([1, 2, 3].map(() => request(shop, vault, enrolPerson, input)));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    const replayed = answers.filter(({ headers }) => headers.get('idempotent-replayed') === 'true');
    expect(replayed).toHaveLength(2);
    expect(await find('email', one.enrolment.fields.email ?? '')).toHaveLength(1);
  });

  it('stands for one request only', async () => {
    const [one, other] = synthesise(2) as [SyntheticPerson, SyntheticPerson];
    const headers = { 'idempotency-key': randomUUID() };
    await ask(shop, vault, enrolPerson, { body: one.enrolment, headers });
    const answer = await request(shop, vault, enrolPerson, { body: other.enrolment, headers });
    expect([answer.status, answer.code]).toEqual([409, 'idempotency.mismatch']);
    expect(await find('email', other.enrolment.fields.email ?? '')).toEqual([]);
  });

  it('that is malformed is not taken for absent', async () => {
    const [one] = synthesise(1) as [SyntheticPerson];
    const headers = { 'idempotency-key': 'short' };
    const answer = await request(shop, vault, enrolPerson, { body: one.enrolment, headers });
    expect([answer.status, answer.code]).toEqual([400, 'idempotency.key_invalid']);
    expect(await find('email', one.enrolment.fields.email ?? '')).toEqual([]);
  });
});

describe('a privacy officer', () => {
  it('finds the same person under another pseudonym, and reveals for rights requests only', async () => {
    const officer = await signIn(info, info.staff.privacyOfficer);
    const body = { field: 'email' as const, value: person.enrolment.fields.email ?? '' };
    const { people } = await ask(officer, vault, searchPeople, { body });
    const found = people[0]?.person ?? '';
    expect(people).toHaveLength(1);
    expect(found).not.toBe(name);
    const params = { person: found };
    const wanted = {
      fields: ['email' as const],
      reason: { code: 'rights-request' as const, reference: 'CASE-1' },
    };
    const revealed = await ask(officer, vault, revealPerson, {
      params,
      body: { ...wanted, purpose: 'rights-request' },
    });
    expect(revealed.fields.email).toBe(person.enrolment.fields.email);
    const refused = await request(officer, vault, revealPerson, {
      params,
      body: { ...wanted, purpose: 'delivery' },
    });
    expect([refused.status, refused.code]).toEqual([403, 'people.purpose_not_allowed']);
    const crossed = await request(shop, vault, readPerson, { params });
    expect([crossed.status, crossed.code]).toEqual([404, 'people.not_found']);
  });
});
