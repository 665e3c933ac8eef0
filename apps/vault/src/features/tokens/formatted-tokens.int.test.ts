import { CodedError } from '@integument/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OTHER_SHOP, SHOP, TestVault } from '../../vault.fixture.js';
import { code, TestTokens } from './tokens.fixture.js';

let vault: TestVault;
let tokens: TestTokens;
beforeAll(async () => {
  vault = await TestVault.open();
  tokens = new TestTokens(vault);
});
afterAll(() => vault.close());
beforeEach(() => vault.query('DELETE FROM audit_staging; DELETE FROM token; DELETE FROM person'));

const CARD = '4111111111111111';
const TYPE = 'format-preserving';
const card = { field: 'card', value: '4111 1111-1111 1111', type: TYPE };

/** How much of the time of some work is the longest in which nobody else had a turn. */
async function longestShare(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  let [last, longest] = [begun, 0];
  const look = () => {
    const now = performance.now();
    [longest, last] = [Math.max(longest, now - last), now];
  };
  const timer = setInterval(look, 1);
  await work().finally(() => clearInterval(timer));
  look();
  return longest / (last - begun);
}

describe('a format-preserving token', () => {
  it('looks as the value does, is the same for it, and is found by its field', async () => {
    const token = await tokens.make(card);
    expect(token).toMatch(/^\d{12}1111$/);
    expect(token).not.toBe(CARD);
    expect(await tokens.make({ ...card, value: CARD })).toBe(token);
    expect(await tokens.reveal({ token, field: 'card' })).toEqual({ field: 'card', value: CARD });
    expect(await tokens.describe({ token, field: 'card' })).toMatchObject({ type: TYPE });
    await expect(tokens.reveal({ token, field: 'card' }, { asker: OTHER_SHOP })).rejects.toEqual(
      code('tokens.not_found'),
    );
    expect(await tokens.remove([{ token, field: 'card' }])).toEqual({ removed: 1 });
    expect(await tokens.make(card)).not.toBe(token);
  });

  it('of a person goes with them', async () => {
    const person = await vault.enrol({ fields: { given_name: 'Ada' } });
    const token = await tokens.make({ ...card, person });
    expect(await tokens.reveal({ token, field: 'card' })).toMatchObject({ value: CARD });
    await vault.query('DELETE FROM person');
    await expect(tokens.reveal({ token, field: 'card' })).rejects.toEqual(code('tokens.not_found'));
  });

  it('is no other value’s, however full its format is', async () => {
    const values = Array.from({ length: 400 }, (_, n) => ({
      field: 'postcode',
      value: String(10_000 + n * 7),
      type: TYPE,
    }));
    const { results } = await tokens.makeBatch([...values, ...values]);
    const made = results.map((one) => ('token' in one ? one.token : ''));
    expect(new Set(made.slice(0, 400)).size).toBe(400);
    expect(made.slice(400)).toEqual(made.slice(0, 400));
    const told = await tokens.revealBatch(made.map((token) => ({ token, field: 'postcode' })));
    expect(told.slice(0, 400).map((one) => ('value' in one ? one.value : one))).toEqual(
      values.map(({ value }) => value),
    );
  });

  it('is made by batches at once that have values in common, though most of the format is taken', async () => {
    await vault.query(`INSERT INTO token (token, field, domain, domain_key, sealed, format)
      SELECT set_byte(decode(lpad(to_hex(n), 42, '0'), 'hex'), 0, 255), 'postcode', 'client:brand-shop', 1, '', n::text
      FROM generate_series(1010, 99999) n WHERE n % 3 > 0 AND n > 9999`);
    const values = (from: number, count: number) =>
      Array.from({ length: count }, (_, n) => ({
        ...{ field: 'postcode', type: TYPE },
        value: String(10_000 + from + n),
      }));
    for (let at = 0; at < 4_000; at += 1_000) {
      const batches = [0, 100, 200].map((more) => tokens.makeBatch(values(at + more, 400)));
      // Of a few each draw may be taken.
      for (const { made } of await Promise.all(batches)) expect(made).toBeGreaterThan(390);
    }
  });

  it('that can’t be found free is refused, and not searched for for ever', async () => {
    // As if all but a few were taken: a trigger that lets nothing in with a format.
    await vault.query(`CREATE FUNCTION none_left() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
      CREATE TRIGGER none_left BEFORE INSERT ON token FOR EACH ROW WHEN (NEW.format IS NOT NULL) EXECUTE FUNCTION none_left()`);
    try {
      await expect(tokens.make(card)).rejects.toEqual(code('tokens.format_exhausted'));
      const { results } = await tokens.makeBatch([card, { field: 'card', value: CARD }]);
      expect(results).toEqual([
        { code: 'tokens.format_exhausted' },
        { token: expect.stringMatching(/^tok_/) as unknown },
      ]);
    } finally {
      await vault.query('DROP TRIGGER none_left ON token; DROP FUNCTION none_left');
    }
  });
});

describe('a token that is the encrypted value', () => {
  const forEver = { ...card, field: 'card_for_ever' };

  it('is kept nowhere, and leads back', async () => {
    const token = await tokens.make(forEver);
    expect(token).toMatch(/^\d{12}1111$/);
    expect(await tokens.stored()).toBe(0);
    expect(await tokens.make(forEver)).toBe(token);
    expect(await tokens.reveal({ token, field: 'card_for_ever' })).toEqual({
      field: 'card_for_ever',
      value: CARD,
    });
    const masked = tokens.reveal({ token, field: 'card_for_ever' }, { form: 'masked' });
    expect(await masked).toEqual({ field: 'card_for_ever', masked: '•••1111' });
    const other = await tokens.make(forEver, OTHER_SHOP);
    expect(other).not.toBe(token);
    expect((await vault.entries()).filter(({ action }) => action === 'tokens.reveal')).toHaveLength(2);
  });

  it('is the same to the next process', async () => {
    const token = await tokens.make(forEver);
    const next = await vault.restart();
    vault = next;
    tokens = new TestTokens(vault);
    expect(await tokens.make(forEver)).toBe(token);
  });

  it('is made and read by the thousand beside what others want', async () => {
    const values = Array.from({ length: 4_000 }, (_, n) => ({
      ...{ field: 'line_for_ever', type: TYPE },
      value: `+49301${String(n).padStart(6, '0')}`,
    }));
    let results: readonly object[] = [];
    const making = await longestShare(async () => {
      ({ results } = await tokens.makeBatch(values));
    });
    const held = results.map((one) => ({ ...one, field: 'line_for_ever' }));
    const reading = await longestShare(() => tokens.revealBatch(held));
    expect(Math.max(making, reading)).toBeLessThan(0.5);
  });

  it('is read by staff in a domain that there is, and in no other', async () => {
    const token = await tokens.make({ ...forEver, domain: 'orders' });
    const staff = { kind: 'staff', id: 'a'.repeat(32), roles: ['support'], session: 's' };
    const as = { asker: { ...SHOP, caller: staff } as never, purpose: 'support' as const };
    const held = (domain?: string) => ({ token, field: 'card_for_ever', ...(domain && { domain }) });
    expect(await tokens.reveal(held('orders'), as)).toMatchObject({ value: CARD });
    for (const domain of ['returns', undefined])
      await expect(tokens.reveal(held(domain), as)).rejects.toEqual(code('tokens.domain_unknown'));
  });

  it('needs memory for its field and domain only as long as there are few', () => {
    const of = (domain: string) => tokens.sealer.cipher('card_for_ever', domain);
    const first = of('d');
    expect(of('d')).toBe(first);
    for (let n = 0; n < 5_000; n++) of(`d${n}`);
    expect(of('d')).not.toBe(first);
    expect(of('d')).toEqual(first);
  });

  it('is nobody’s: no erasure would reach it', async () => {
    const person = await vault.enrol({ fields: { given_name: 'Ada' } });
    await expect(tokens.make({ ...forEver, person })).rejects.toEqual(code('tokens.type_not_allowed'));
    // Its field can have others, that are kept.
    expect(await tokens.make({ field: 'card_for_ever', value: CARD, person })).toMatch(/^tok_/);
  });

  it('that never was one is no card', async () => {
    const token = await tokens.make(forEver);
    // Of the last there are 10,000, which are too few to be encrypted.
    const held = ['4111', token, '411111'].map((text) => ({ token: text, field: 'card_for_ever' }));
    const line = { token: '+4930901', field: 'line_for_ever' };
    const told = await tokens.revealBatch([...held, line]);
    expect(told.map((one) => (one instanceof CodedError ? one.code : 'told'))).toEqual([
      'tokens.malformed',
      'told',
      'tokens.malformed',
      'tokens.malformed',
    ]);
  });
});

describe('a question', () => {
  it('is answered, and nothing else of the value is', async () => {
    const token = await tokens.make({ field: 'birth_date', value: '1990-05-17' });
    const asked = await tokens.ask(token, { predicate: 'at-least-years', years: 18 });
    expect(asked).toEqual({ field: 'birth_date', answer: true });
    const entry = (await vault.entries()).find(({ action }) => action === 'tokens.ask');
    expect(entry).toMatchObject({
      count: 1,
      details: { predicate: 'at-least-years' },
      fields: ['birth_date'],
    });
    expect(JSON.stringify(entry?.details)).not.toContain('18');
  });

  it('that the kind of value can’t be asked changes nothing', async () => {
    const token = await tokens.make({ field: 'email', value: 'ada@example.org', uses: 1 });
    await expect(tokens.ask(token, { predicate: 'at-least-years', years: 18 })).rejects.toEqual(
      code('catalogue.question_unfit'),
    );
    expect(await tokens.ask(token, { predicate: 'same-domain', domain: 'example.org' })).toMatchObject({
      answer: true,
    });
    await expect(tokens.ask(token, { predicate: 'same-domain', domain: 'example.org' })).rejects.toEqual(
      code('tokens.not_found'),
    );
  });
});
