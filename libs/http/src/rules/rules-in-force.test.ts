import { client, person, process, ruleText, ruleTextDigest, staff } from '@integument/authz';
import { noop, readSelf, ruleDocument } from '@integument/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import { RULES_LEASE_MS } from '../leases/lease.js';
import { RulesInForce } from './rules-in-force.js';

const shop = client({ clientId: 'shop', use: 'identity' });
const ENROL = { ability: { action: 'enrol', resource: 'Person' } };
const textOf = (...regions: string[]) =>
  ruleText(
    ruleDocument.parse({
      format: 1,
      rules: regions.map((region) => ({
        id: `in-${region.toLowerCase()}`,
        app: 'vault',
        action: 'enrol',
        resource: 'Person',
        only: [{ region: [region] }],
      })),
      reveals: [],
    }),
  );

let now: number;
let asked: number;
let read: number;
let text: string;
let version: number;
let away: boolean;
let slow: number;
let rules: RulesInForce;
beforeEach(() => {
  [now, asked, read, version, away, slow] = [1_000, 0, 0, 1, false, 0];
  text = textOf('DE');
  const source = {
    current: async () => {
      asked++;
      await Promise.resolve();
      now += slow;
      if (away) throw new Error('nobody there');
      return { version, digest: ruleTextDigest(text) };
    },
    text: () => {
      read++;
      return Promise.resolve(text);
    },
  };
  rules = new RulesInForce('vault', source, { steady: () => now, wall: () => now });
});
const codeOf = async (work: Promise<unknown>) => {
  try {
    return await work;
  } catch (error) {
    return (error as { code?: string }).code;
  }
};

describe('the rules in force', () => {
  it('are asked for once by all who come together, and then by nobody while they are young', async () => {
    const books = await Promise.all(Array.from({ length: 20 }, async () => rules.book()));
    expect(new Set(books).size).toBe(1);
    now += RULES_LEASE_MS / 2 - 1;
    expect(rules.book()).toBe(books[0]);
    expect([asked, read]).toEqual([1, 1]);
  });

  it('are asked for again in time, by one of those who come, and read again only where they are others', async () => {
    const first = await rules.book();
    now += RULES_LEASE_MS / 2;
    expect([rules.book(), rules.book()]).toEqual([first, first]);
    expect(asked).toBe(2);
    await new Promise(setImmediate);
    now += RULES_LEASE_MS / 2 + 1;
    expect(rules.book()).toBe(first);
    expect(read).toBe(1);
    await new Promise(setImmediate);
    [text, version] = [textOf('FR'), 2];
    now += RULES_LEASE_MS;
    expect((await rules.book()).version).toBe(2);
    expect(read).toBe(2);
  });

  it('decide nothing once they can’t be known, and are asked for anew by the next', async () => {
    await rules.book();
    away = true;
    now += RULES_LEASE_MS - 1;
    expect(rules.current()).not.toBeNull();
    now += 1;
    expect(rules.current()).toBeNull();
    expect(await codeOf(rules.reach(shop, ENROL))).toBe('rules.unavailable');
    away = false;
    expect(await rules.reach(shop, ENROL)).toEqual(['DE']);
  });

  it('of which the answer takes longer than it is good for decide nothing', async () => {
    slow = RULES_LEASE_MS;
    expect(await codeOf(rules.reach(shop, ENROL))).toBe('rules.unavailable');
    expect(asked).toBe(3);
  });

  it('a clock that was set back, or a machine that slept, ends the lease', async () => {
    await rules.book();
    now -= 1;
    expect(rules.current()).toBeNull();
  });

  it('whose text isn’t that of the digest, or no document, decide nothing', async () => {
    const sent = text;
    const forged = new RulesInForce('vault', {
      current: () => Promise.resolve({ version: 1, digest: ruleTextDigest(sent) }),
      text: () => Promise.resolve(textOf()),
    });
    expect(await codeOf(forged.reach(shop, ENROL))).toBe('rules.unavailable');
    text = '{"format":1,"rules":[{"__proto__":{"admin":true}}],"reveals":[]}';
    expect(await codeOf(rules.reach(shop, ENROL))).toBe('rules.unavailable');
  });

  it('are nobody’s concern where no rule can be about who asks, or what for', async () => {
    away = true;
    for (const caller of [person({ id: 'p', session: 's' }), process({ name: 'api' }), null]) {
      expect(rules.bookFor(noop, caller)).toBeNull();
      if (caller) expect(await rules.reach(caller, ENROL)).toBeNull();
    }
    expect(rules.bookFor(readSelf, staff({ id: 's', session: 's', roles: ['admin'] }))).toBeNull();
    expect(asked).toBe(0);
    expect(await codeOf(Promise.resolve(rules.bookFor(noop, shop)))).toBe('rules.unavailable');
  });
});

describe('what a caller is told of the own abilities', () => {
  it('is where rules may say no, and everything that they could be about while they can’t be known', async () => {
    const [enrol, read] = [ENROL.ability, { action: 'read', resource: 'Person' }];
    const log = { action: 'read', resource: 'AuditLog' };
    const known = await rules.concerned(shop);
    expect([enrol, read, log].map(known)).toEqual([true, false, false]);
    [away, now] = [true, now + RULES_LEASE_MS];
    const unknown = await rules.concerned(shop);
    expect([enrol, read, log].map(unknown)).toEqual([true, true, false]);
  });

  it('is where reveal policies allow less than the code', async () => {
    const told = (...purposes: string[]) => ({
      action: 'reveal',
      resource: 'Person',
      conditions: { purpose: { $in: purposes } },
    });
    const policy = {
      id: 'p',
      who: { clients: ['shop'] },
      purposes: ['support'],
      fields: 'all',
      form: 'plain',
    };
    const concerned = async (change: object) => {
      text = ruleText(ruleDocument.parse({ format: 1, rules: [], reveals: [{ ...policy, ...change }] }));
      version++;
      now += RULES_LEASE_MS;
      return rules.concerned(shop);
    };
    const whole = await concerned({});
    expect([whole(told('support')), whole(told('support', 'delivery'))]).toEqual([false, true]);
    for (const change of [{ form: 'masked' }, { perMinute: 9 }, { fields: ['email'] }, { regions: ['DE'] }])
      expect((await concerned(change))(told('support'))).toBe(true);
    expect((await concerned({ who: { clients: ['other'] } }))(told('support'))).toBe(true);
  });
});
