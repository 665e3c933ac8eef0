import { CodedError } from '@integument/contracts';
import { proofCount } from '@integument/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OTHER_SHOP, SHOP, TestVault } from '../../vault.fixture.js';
import { tokenOf } from './token-ids.js';
import { code, TestTokens } from './tokens.fixture.js';

let vault: TestVault;
let tokens: TestTokens;
beforeAll(async () => {
  vault = await TestVault.open();
  tokens = new TestTokens(vault);
});
afterAll(() => vault.close());
beforeEach(() => vault.query('DELETE FROM audit_staging; DELETE FROM token; DELETE FROM person'));

const email = { field: 'email', value: 'Ada.Lovelace@Example.org' };

describe('a random token', () => {
  it('stands for the value, another one each time, and shows nothing of it', async () => {
    const [one, other] = [await tokens.make(email), await tokens.make(email)];
    expect(one).toMatch(/^tok_[0-9a-z]{40}$/);
    expect(other).not.toBe(one);
    expect(await tokens.reveal(one)).toEqual({ field: 'email', value: 'Ada.Lovelace@Example.org' });
    const rows = await vault.query('SELECT * FROM token');
    expect(JSON.stringify(rows)).not.toMatch(/lovelace/i);
    expect(rows.map((row) => [row.digest, row.person_id])).toEqual([
      [null, null],
      [null, null],
    ]);
  });

  it('is masked as its field says', async () => {
    const token = await tokens.make(email);
    expect(await tokens.reveal(token, { form: 'masked' })).toEqual({
      field: 'email',
      masked: 'A•••@Example.org',
    });
  });

  it('of an address gives the address back', async () => {
    const value = { lines: ['12 St James’s Square'], locality: 'London', country: 'GB' };
    const token = await tokens.make({ field: 'postal_address', value });
    expect(await tokens.reveal(token)).toEqual({ field: 'postal_address', value });
  });

  it('is refused before any look-up when a character of it is wrong', async () => {
    const token = await tokens.make(email);
    const wrong = `${token.slice(0, -1)}${token.endsWith('0') ? '1' : '0'}`;
    await expect(tokens.reveal(wrong)).rejects.toEqual(code('tokens.malformed'));
    expect(tokenOf(wrong)).toBeNull();
    expect(await vault.entries()).toHaveLength(1);
  });

  it('is nothing to another client, and nothing to anybody once it is removed', async () => {
    const token = await tokens.make(email);
    await expect(tokens.reveal(token, { asker: OTHER_SHOP })).rejects.toEqual(code('tokens.not_found'));
    expect(await tokens.remove([token], OTHER_SHOP)).toEqual({ removed: 0 });
    expect(await tokens.remove([token, token])).toEqual({ removed: 1 });
    await expect(tokens.reveal(token)).rejects.toEqual(code('tokens.not_found'));
  });

  it('of a shared domain is each client’s of it', async () => {
    const token = await tokens.make({ ...email, domain: 'orders' });
    expect(await tokens.reveal(token, { asker: OTHER_SHOP })).toMatchObject({ value: email.value });
    expect(await tokens.describe(token, OTHER_SHOP)).toMatchObject({ domain: 'orders', type: 'random' });
    await expect(tokens.make({ ...email, domain: 'returns' })).rejects.toEqual(code('tokens.domain_unknown'));
  });

  it('is revealed for no purpose that the client is not registered for', async () => {
    const token = await tokens.make(email);
    await expect(tokens.reveal(token, { purpose: 'safety-notice' })).rejects.toEqual(
      code('people.purpose_not_allowed'),
    );
  });
});

describe('a deterministic token', () => {
  const same = { ...email, type: 'deterministic' };

  it('is the same for the same value, however it is written, and another for another', async () => {
    const token = await tokens.make(same);
    expect(await tokens.make({ ...same, value: 'ada.lovelace@EXAMPLE.org' })).toBe(token);
    expect(await tokens.make({ ...same, value: 'ada@example.org' })).not.toBe(token);
    expect(await tokens.make({ ...same, field: 'account_id' })).not.toBe(token);
    expect(await tokens.make({ ...same, domain: 'orders' })).not.toBe(token);
    expect(await tokens.make(same, OTHER_SHOP)).not.toBe(token);
  });

  it('is one, however many ask for it first', async () => {
    const made = await Promise.all(Array.from({ length: 30 }, () => tokens.make(same)));
    expect(new Set(made).size).toBe(1);
    expect(await tokens.stored()).toBe(1);
  });

  it('is one across batches that have the same values in other orders', async () => {
    const values = Array.from({ length: 60 }, (_, n) => ({ ...same, value: `n${n % 40}@example.org` }));
    const batches = await Promise.all(
      [values, [...values].reverse(), values.slice(20), values].map((some) => tokens.makeBatch(some)),
    );
    expect(batches.map(({ refused }) => refused)).toEqual([0, 0, 0, 0]);
    expect(await tokens.stored()).toBe(40);
    const [first, second] = batches.map(({ results }) => results);
    expect(first).toEqual([...(second ?? [])].reverse());
  });

  it('ends for nobody because another wanted it to', async () => {
    await expect(tokens.make({ ...same, uses: 1 })).rejects.toThrow();
    expect(await tokens.stored()).toBe(0);
  });

  it('that was removed is another the next time', async () => {
    const token = await tokens.make(same);
    await tokens.remove([token]);
    expect(await tokens.make(same)).not.toBe(token);
  });
});

describe('a token of a person', () => {
  it('lies under their key, and goes with them', async () => {
    const person = await vault.enrol({ fields: { given_name: 'Ada' } });
    const token = await tokens.make({ ...email, person });
    expect(await tokens.reveal(token)).toMatchObject({ value: email.value });
    const [row] = await vault.query('SELECT domain_key FROM token');
    expect(row).toEqual({ domain_key: null });
    const entry = (await vault.entries()).find(({ action }) => action === 'tokens.reveal');
    const [subject] = await vault.query<{ subject: Buffer }>('SELECT subject FROM person');
    expect(entry?.subject).toBe(subject?.subject.toString('base64url'));
    await vault.query('UPDATE person SET erasing = true');
    await expect(tokens.reveal(token)).rejects.toEqual(code('tokens.not_found'));
    await expect(tokens.make({ ...email, person })).rejects.toEqual(code('people.not_found'));
    await vault.query('DELETE FROM person');
    expect(await tokens.stored()).toBe(0);
  });

  it('that is deterministic is that person’s: another’s with the same value outlives it', async () => {
    const [ada, bob] = [
      await vault.enrol({ fields: { given_name: 'Ada' } }),
      await vault.enrol({ fields: { given_name: 'Bob' } }),
    ];
    const same = { ...email, type: 'deterministic' };
    const [hers, his] = [
      await tokens.make({ ...same, person: ada }),
      await tokens.make({ ...same, person: bob }),
    ];
    expect(his).not.toBe(hers);
    expect(await tokens.make({ ...same, person: ada })).toBe(hers);
    await vault.query('DELETE FROM person WHERE person_id = $1', [await vault.personIdOf(ada)]);
    expect(await tokens.reveal(his)).toMatchObject({ value: email.value });
  });

  it('is made for nobody that the client has no name for', async () => {
    const person = await vault.enrol({ fields: { given_name: 'Ada' } });
    await expect(tokens.make({ ...email, person }, OTHER_SHOP)).rejects.toEqual(code('people.not_found'));
  });
});

describe('a batch', () => {
  const wrong = [
    email,
    { field: 'email', value: 'no address' },
    { field: 'shoe_size', value: '41' },
    { field: 'email' },
    'nonsense',
    { ...email, type: 'format-preserving' },
    { ...email, domain: 'returns' },
    { ...email, person: 'cps_00000000000000000000000000000000' },
    email,
  ];

  it('says of each value why it has no token, and makes the others', async () => {
    const { made, refused, results } = await tokens.makeBatch(wrong);
    expect([made, refused]).toEqual([2, 7]);
    expect(results.map((one) => ('code' in one ? one.code : 'made'))).toEqual([
      'made',
      'catalogue.value_unfit',
      'tokens.field_unknown',
      'request.invalid',
      'request.invalid',
      'tokens.type_not_allowed',
      'tokens.domain_unknown',
      'people.not_found',
      'made',
    ]);
    expect(await tokens.stored()).toBe(2);
    const entries = await vault.entries();
    expect(entries.filter(({ outcome }) => outcome === 'refused').map(({ count }) => count)).toContain(2);
    expect(JSON.stringify(entries)).not.toMatch(/no address|shoe|nonsense/);
  });

  it('of all or none makes none, and says which were wrong', async () => {
    const places = (error: unknown) =>
      (error as { places: { path: string }[] }).places.map(({ path }) => path);
    const error: unknown = await tokens.makeBatch(wrong, { atomic: true }).catch((cause: unknown) => cause);
    expect(places(error)).toEqual([1, 2, 3, 4, 5, 6, 7].map((at) => `body.values.${at}`));
    expect(await tokens.stored()).toBe(0);
    const person = await vault.enrol({ fields: { given_name: 'Ada' } });
    await vault.query('UPDATE person SET erasing = true');
    const late: unknown = await tokens
      .makeBatch([email, { ...email, person }], { atomic: true })
      .catch((cause: unknown) => cause);
    expect(places(late)).toEqual(['body.values.1']);
    expect(await tokens.stored()).toBe(0);
  });

  it('writes nothing if its audit entry can’t be written', async () => {
    await vault.query('ALTER TABLE audit_staging ADD CONSTRAINT full_disk CHECK (octet_length(entry) = 1)');
    try {
      await expect(tokens.makeBatch([email, email])).rejects.toThrow('full_disk');
      await expect(tokens.make(email)).rejects.toThrow('full_disk');
      await expect(tokens.make({ ...email, type: 'deterministic' })).rejects.toThrow('full_disk');
      expect(await tokens.stored()).toBe(0);
    } finally {
      await vault.query('ALTER TABLE audit_staging DROP CONSTRAINT full_disk');
    }
  });

  it('is told in its order, each for itself', async () => {
    const { results } = await tokens.makeBatch(
      Array.from({ length: 5 }, (_, n) => ({ field: 'account_id', value: `A-${n}` })),
    );
    const made = results.map((one) => ('token' in one ? one.token : ''));
    const told = await tokens.revealBatch([...made, 'tok_nonsense', { token: 'x' }, made[0]]);
    expect(told.map((one) => (one instanceof CodedError ? one.code : one.value))).toEqual([
      ...[0, 1, 2, 3, 4].map((n) => `A-${n}`),
      'tokens.malformed',
      'tokens.malformed',
      'A-0',
    ]);
    const entry = (await vault.entries()).find(({ action }) => action === 'tokens.reveal');
    expect(entry).toMatchObject({ count: 6, fields: ['account_id'], purpose: 'delivery' });
  });
});

describe('what does not open', () => {
  const codes = (all: readonly object[]) => all.map((one) => ('code' in one ? one.code : 'done'));
  const flip = (column: string) => `${column} = set_byte(${column}, 20, get_byte(${column}, 20) # 1)`;

  it('is its own answer in a batch: it loses no use, and is not in the log as told', async () => {
    const made = [
      await tokens.make(email),
      await tokens.make({ ...email, uses: 1 }),
      await tokens.make(email),
    ];
    await vault.query(`UPDATE token SET ${flip('sealed')} WHERE uses_left = 1; DELETE FROM audit_staging`);
    expect(codes(await tokens.revealBatch(made))).toEqual(['done', 'tokens.broken', 'done']);
    expect(await vault.query('SELECT uses_left FROM token WHERE uses_left = 1')).toHaveLength(1);
    const said = (await vault.entries()).map((entry) => [entry.action, entry.code, entry.count]);
    expect(said).toEqual([
      ['tokens.reveal', undefined, 2],
      ['tokens.reveal_batch', 'tokens.broken', 1],
    ]);
    expect(vault.said).toContain('tokens do not open');
    await vault.query('DELETE FROM audit_staging');
    await expect(tokens.reveal(made[1])).rejects.toMatchObject({ code: 'tokens.broken', status: 500 });
    expect(await vault.entries()).toEqual([]);
  });

  it('of a person is that of their tokens alone, of those that are made too', async () => {
    const [ada, bob] = [await vault.enrol({ fields: {} }), await vault.enrol({ fields: {} })];
    const values = [ada, bob, undefined].map((person) => ({ ...email, ...(person && { person }) }));
    const { results } = await tokens.makeBatch(values);
    await vault.query(`UPDATE person SET ${flip('wrapped_key')} WHERE person_id = $1`, [
      await vault.personIdOf(bob),
    ]);
    const expected = ['done', 'tokens.broken', 'done'];
    const held = results.map((one) => ('token' in one ? one.token : ''));
    expect(codes(await tokens.revealBatch(held))).toEqual(expected);
    const again = (await tokens.makeBatch(values)).results;
    expect(codes(again)).toEqual(expected);
  });
});

describe('a refusal', () => {
  const refusals = async () =>
    (await vault.entries())
      .filter(({ outcome }) => outcome === 'refused')
      .map(({ action, code: why, count }) => [action, why, count]);

  it('of the one token of a batch is written down, as of many: its answer is no 4xx', async () => {
    const token = await tokens.make({ field: 'account_id', value: 'A-1' });
    await tokens.remove([token]);
    expect(await tokens.revealBatch([token])).toEqual([code('tokens.not_found')]);
    expect(await refusals()).toEqual([['tokens.reveal_batch', 'tokens.not_found', 1]]);
  });
});

describe('what is sealed', () => {
  it('is any text, as it was', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }), {
          minLength: 1,
          maxLength: 20,
        }),
        async (texts) => {
          const values = texts.map((text) => `x${text.replace(/[\p{Cc}\p{Cs}]/gu, '')}x`.normalize('NFC'));
          const { results } = await tokens.makeBatch(values.map((value) => ({ field: 'given_name', value })));
          const told = await tokens.revealBatch(results.map((one) => ('token' in one ? one.token : '')));
          expect(told.map((one) => (one instanceof CodedError ? one.code : one.value))).toEqual(values);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('of free text is kept to the byte, and of two texts that are one in NFC a token is the same', async () => {
    // Every code point that UTF-8 has bytes for, and more often those that a normal form changes.
    const any = fc.string({ unit: 'binary', minLength: 1, maxLength: 1 });
    const unit = fc.oneof(any, fc.constantFrom('e', '\u0301', '\u00e9', '\u212b', '\uac00', '\ufb01'));
    const text = fc.string({ unit, minLength: 1, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 20 }), async (values) => {
        const { results } = await tokens.makeBatch(values.map((value) => ({ field: 'note', value })));
        const told = await tokens.revealBatch(results.map((one) => ('token' in one ? one.token : '')));
        expect(told.map((one) => (one instanceof CodedError ? one.code : one.value))).toEqual(values);
        const same = { field: 'note', type: 'deterministic' };
        const forms = values.flatMap((value) => [value, value.normalize('NFC'), value.normalize('NFD')]);
        const made = (await tokens.makeBatch(forms.map((value) => ({ ...same, value })))).results;
        const normal = new Set(values.map((value) => value.normalize('NFC')));
        expect(new Set(made.map((one) => ('token' in one ? one.token : one.code))).size).toBe(normal.size);
      }),
      { numRuns: proofCount(15, 300) },
    );
  }, 60_000);

  it('opens in its own place alone: moved or changed, it is refused', async () => {
    const person = await vault.enrol({ fields: { given_name: 'Ada' } });
    const [one, other] = [
      await tokens.make({ field: 'account_id', value: 'A-1' }),
      await tokens.make({ field: 'account_id', value: 'A-2' }),
    ];
    const theirs = await tokens.make({ field: 'account_id', value: 'A-3', person });
    const [a, b] = [tokenOf(one), tokenOf(other)];
    await vault.query(
      'UPDATE token SET sealed = (SELECT sealed FROM token WHERE token = $2) WHERE token = $1',
      [a, b],
    );
    await expect(tokens.reveal(one)).rejects.toEqual(code('tokens.broken'));
    for (const change of ["field = 'email'", "domain = 'orders'"]) {
      await vault.query(`UPDATE token SET ${change} WHERE token = $1`, [b]);
      await expect(tokens.reveal(other), change).rejects.toEqual(code('tokens.broken'));
      await vault.query(
        `UPDATE token SET field = 'account_id', domain = 'client:brand-shop' WHERE token = $1`,
        [b],
      );
    }
    await vault.query(
      'UPDATE token SET sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1) WHERE token = $1',
      [b],
    );
    await expect(tokens.reveal(other)).rejects.toEqual(code('tokens.broken'));
    const bob = await vault.personIdOf(await vault.enrol({ fields: { given_name: 'Bob' } }));
    await vault.query('UPDATE token SET person_id = $2 WHERE token = $1', [tokenOf(theirs), bob]);
    await expect(tokens.reveal(theirs)).rejects.toEqual(code('tokens.broken'));
  });

  it('has no number twice, and no token is there twice', async () => {
    const ids = await tokens.ids.take(70_000);
    expect(new Set(ids.map((id) => id.toString('latin1'))).size).toBe(70_000);
    expect(new Set(ids.map((id) => id.subarray(0, 5).toString('hex'))).size).toBe(2);
  });
});

it('staff may be told by a token too, whosever it is, as far as their roles go', async () => {
  const token = await tokens.make(email);
  const support = {
    ...SHOP,
    caller: { kind: 'staff', id: 'a'.repeat(32), roles: ['support'], session: 's' },
  };
  const told = tokens.reveal(token, { asker: support as never, purpose: 'support' });
  expect(await told).toMatchObject({ value: email.value });
  await expect(tokens.reveal(token, { asker: support as never, purpose: 'delivery' })).rejects.toEqual(
    code('people.purpose_not_allowed'),
  );
});
