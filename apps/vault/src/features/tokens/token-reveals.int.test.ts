import { CodedError, enrolment, type Predicate } from '@integument/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Parts, RuleMakers } from '../../rules.fixture.js';
import { OTHER_SHOP, TestVault } from '../../vault.fixture.js';
import { TestTokens } from './tokens.fixture.js';

let vault: TestVault;
let makers: RuleMakers;
/** Under the rules as they were at first: nothing is narrower than the code. */
let free: TestTokens;
beforeAll(async () => {
  vault = await TestVault.open();
  makers = await RuleMakers.of(vault);
});
afterAll(() => vault.close());
beforeEach(async () => {
  vault.ahead = 0;
  await vault.query('DELETE FROM token; DELETE FROM person');
  free = await under({});
  await vault.query('DELETE FROM audit_staging');
});

const EMAIL = { field: 'email', value: 'ada@example.org' };
const NAME = { field: 'given_name', value: 'Ada' };
const QUESTION = { predicate: 'same-domain', domain: 'example.org' } satisfies Predicate;
const POLICY = {
  id: 'shop',
  who: { clients: ['brand-shop'] },
  purposes: ['delivery'],
  fields: 'all',
  form: 'plain',
};

/** A process that knows these rules, which are in force from now on. */
async function under(parts: Parts): Promise<TestTokens> {
  await makers.enact(parts);
  return new TestTokens(vault, undefined, vault.rulesOfReplica());
}
const allowed = (...policies: object[]) =>
  under({ reveals: policies.map((policy) => ({ ...POLICY, ...policy })) });

const somebody = (region?: string) =>
  vault.enrol(enrolment.parse({ fields: { given_name: 'Ada', email: 'ada@example.org' }, region }));
const tokenIn = async (region: string | undefined, change: object = {}) =>
  free.make({ ...EMAIL, person: await somebody(region), ...change });

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => (error as { code?: string }).code ?? String(error),
  );
const codesOf = (results: readonly object[]) =>
  results.map((one) => ('code' in one ? (one.code as string) : 'done'));
/** All the ways to a value, the batch's last. */
async function waysTo(tokens: TestTokens, token: string) {
  return [
    await codeOf(tokens.reveal(token)),
    await codeOf(tokens.reveal(token, { form: 'masked' })),
    await codeOf(tokens.ask(token, QUESTION)),
    ...codesOf(await tokens.revealBatch([token])),
  ];
}
const each = <T>(value: T): T[] => [value, value, value, value];
const written = async () => (await vault.entries()).filter(({ action }) => action.startsWith('tokens.'));
const refused = async () =>
  (await written())
    .filter(({ outcome }) => outcome === 'refused')
    .map(({ action, code, count }) => [action, code, count]);
const named = async () =>
  (await written()).flatMap(({ action, outcome, details, fields }) =>
    outcome === 'refused' || action === 'tokens.make' ? [] : [[action, fields, details?.policies]],
  );

describe('a reveal by a token', () => {
  it('that no policy allows is refused, and in a batch, which goes on, that is written down', async () => {
    const token = await free.make({ ...EMAIL, uses: 4 });
    expect(await waysTo(await allowed({ who: { clients: ['other-shop'] } }), token)).toEqual(
      each('people.reveal_not_allowed'),
    );
    expect(await waysTo(await allowed({ purposes: ['support'] }), token)).toEqual(
      each('people.reveal_not_allowed'),
    );
    expect(await waysTo(await allowed(), token)).toEqual(each('people.reveal_not_allowed'));
    expect(await refused()).toEqual(
      [1, 2, 3].map(() => ['tokens.reveal_batch', 'people.reveal_not_allowed', 1]),
    );
    expect(await named()).toEqual([]);
    // It has lost no use by that.
    expect(await waysTo(await allowed({}), token)).toEqual(each('done'));
    expect(await free.stored()).toBe(0);
  });

  it('may be allowed in the masked form alone: then questions are, and the value is not', async () => {
    const token = await free.make(EMAIL);
    const tokens = await allowed({ form: 'masked' });
    const no = 'people.reveal_not_allowed';
    expect(await waysTo(tokens, token)).toEqual([no, 'done', 'done', no]);
    expect(await tokens.reveal(token, { form: 'masked' })).toEqual({
      field: 'email',
      masked: '•••@example.org',
    });
    expect(await tokens.ask(token, QUESTION)).toEqual({ field: 'email', answer: true });
  });

  it('may be allowed for some fields: of a batch the others are refused', async () => {
    const made = [await free.make(EMAIL), await free.make(NAME), await free.make(NAME)];
    const tokens = await allowed({ fields: ['given_name', 'note'] });
    const no = 'people.reveal_not_allowed';
    expect(codesOf(await tokens.revealBatch(made))).toEqual([no, 'done', 'done']);
    expect(await refused()).toEqual([['tokens.reveal_batch', no, 1]]);
    expect(await waysTo(tokens, made[0] ?? '')).toEqual(each(no));
    expect(await tokens.reveal(made[1])).toEqual({ field: 'given_name', value: 'Ada' });
  });

  it('names the policies that allowed it in its entry: of some that reach the person, those', async () => {
    const [berlin, nobody] = [await tokenIn('DE-BE'), await free.make(EMAIL)];
    const tokens = await allowed(
      { id: 'here', regions: ['DE'] },
      { id: 'there', regions: ['FR'] },
      { id: 'anywhere' },
      { id: 'names', fields: ['given_name'] },
      { id: 'masks', form: 'masked' },
    );
    await tokens.reveal(berlin);
    await tokens.reveal(nobody);
    await tokens.ask(berlin, QUESTION);
    await tokens.revealBatch([nobody, berlin]);
    expect(await named()).toEqual([
      ['tokens.reveal', ['email'], ['here', 'anywhere']],
      ['tokens.reveal', ['email'], ['anywhere']],
      ['tokens.ask', ['email'], ['here', 'anywhere', 'masks']],
      ['tokens.reveal', ['email'], ['anywhere']],
      ['tokens.reveal', ['email'], ['here', 'anywhere']],
    ]);
  });
});

describe('where policies or rules reach some regions', () => {
  const regions = ['DE', 'US-CA'];
  const rule = { id: 'r', app: 'vault', action: 'reveal', resource: 'Person', only: [{ region: regions }] };

  it.each([
    ['a policy', { reveals: [{ ...POLICY, regions }] }],
    ['a rule', { rules: [rule] }],
    ['a policy with an allowance', { reveals: [{ ...POLICY, regions, perMinute: 99 }] }],
  ])(
    'by %s, a token of somebody of elsewhere is as if there were none, and so is one of nobody',
    async (_, parts) => {
      const [there, ...elsewhere] = [
        await tokenIn('US-CA', { uses: 5 }),
        await tokenIn('US'),
        await tokenIn('FR'),
        await tokenIn(undefined),
        await free.make(EMAIL),
      ];
      const gone = await free.make(EMAIL);
      await free.remove([gone]);
      const tokens = await under(parts);
      expect(await waysTo(tokens, there)).toEqual(each('done'));
      const none: unknown = await tokens.reveal(gone).catch((error: unknown) => error);
      for (const token of elsewhere) {
        expect(await waysTo(tokens, token)).toEqual(each('tokens.not_found'));
        expect(await tokens.reveal(token).catch((error: unknown) => error)).toEqual(none);
      }
      await vault.query('DELETE FROM audit_staging');
      const told = await tokens.revealBatch([...elsewhere, there, gone]);
      expect(codesOf(told)).toEqual([...each('tokens.not_found'), 'done', 'tokens.not_found']);
      expect(await refused()).toEqual([['tokens.reveal_batch', 'tokens.not_found', 5]]);
      expect(await named()).toHaveLength(1);
    },
  );

  it('somebody who moves is reached where they live now', async () => {
    const person = await somebody('FR');
    const token = await free.make({ ...EMAIL, person });
    const tokens = await allowed({ regions });
    expect(await codeOf(tokens.reveal(token))).toBe('tokens.not_found');
    await vault.query(`UPDATE person SET region = 'DE-BY'`);
    expect(await codeOf(tokens.reveal(token))).toBe('done');
  });
});

describe('an allowance of a minute', () => {
  beforeEach(() => {
    vault.ahead = 60_000 - (Date.now() % 60_000);
  });

  it('is for all tokens of a field and region together: where they don’t all fit none is told, and others are', async () => {
    const [berlin, paris] = [await somebody('DE'), await somebody('FR')];
    const of = (person: string, change: object = {}) => free.make({ ...EMAIL, person, ...change });
    const made = [
      await of(paris, { uses: 1 }),
      await of(berlin),
      await of(paris),
      await of(await somebody('FR')),
      await of(berlin),
      await of(paris, NAME),
      await free.make(EMAIL),
    ];
    const tokens = await allowed(
      { id: 'here', regions: ['DE'], perMinute: 2 },
      { id: 'there', regions: ['FR'], fields: ['email'], perMinute: 2 },
      { id: 'names', regions: ['FR'], fields: ['given_name'] },
    );
    const spent = 'request.rate_limited';
    const told = await tokens.revealBatch(made);
    expect(told.map((one) => (one instanceof CodedError ? one.code : one.value))).toEqual([
      spent,
      EMAIL.value,
      spent,
      spent,
      EMAIL.value,
      NAME.value,
      'tokens.not_found',
    ]);
    expect(await refused()).toEqual([
      ['tokens.reveal_batch', spent, 3],
      ['tokens.reveal_batch', 'tokens.not_found', 1],
    ]);
    expect(await named()).toEqual([
      ['tokens.reveal', ['email'], ['here']],
      ['tokens.reveal', ['given_name'], ['names']],
    ]);
    expect(await vault.query('SELECT uses_left FROM token WHERE uses_left = 1')).toHaveLength(1);
  });

  it('is one for single reveals, questions and batches, and there again in the next minute', async () => {
    const token = await free.make(EMAIL);
    const [one, other] = [await allowed({ perMinute: 3 }), await allowed({ perMinute: 3 })];
    expect(await waysTo(one, token)).toEqual(['done', 'done', 'done', 'request.rate_limited']);
    expect(await waysTo(other, token)).toEqual(each('request.rate_limited'));
    vault.ahead += 60_000;
    expect(codesOf(await other.revealBatch([token, token, token]))).toEqual(['done', 'done', 'done']);
    expect(await codeOf(one.reveal(token))).toBe('request.rate_limited');
  });

  it('is taken for nothing that is another’s, and not where another policy has none', async () => {
    const [token, foreign] = [await free.make(EMAIL), await free.make(EMAIL, OTHER_SHOP)];
    const limited = await allowed({ id: 'few', perMinute: 1 });
    expect(await waysTo(limited, foreign)).toEqual(each('tokens.not_found'));
    expect(await codeOf(limited.reveal(token))).toBe('done');
    expect(await codeOf(limited.reveal(token))).toBe('request.rate_limited');
    const both = await allowed({ id: 'few', perMinute: 1 }, { id: 'any' });
    expect(await waysTo(both, token)).toEqual(each('done'));
    expect((await named()).at(-1)).toEqual(['tokens.reveal', ['email'], ['any']]);
  });
});

describe('a rule that restricts the region', () => {
  const only = (action: string) => ({
    id: 'at-home',
    app: 'vault',
    who: { clients: ['brand-shop'] },
    action,
    resource: 'Token',
    only: [{ region: ['DE'] }],
  });

  it('lets tokens be made for people of it alone, and none that are nobody’s', async () => {
    const [berlin, paris] = [await somebody('DE-BE'), await somebody('FR')];
    const tokens = await under({ rules: [only('make')] });
    const make = (change: object) => codeOf(tokens.make({ ...EMAIL, ...change }));
    expect(await make({ person: berlin })).toBe('done');
    expect(await make({ person: paris })).toBe('people.not_found');
    expect(await make({ person: paris, type: 'deterministic' })).toBe('people.not_found');
    expect(await make({ person: await somebody() })).toBe('people.not_found');
    const card = { field: 'card_for_ever', value: '4111111111111111', type: 'format-preserving' };
    const nobodys = [{}, { uses: 1 }, { type: 'deterministic' }, card];
    for (const one of nobodys) expect(await make(one)).toBe('auth.forbidden');
    const people = { fields: ['email'], type: 'random' };
    expect(await codeOf(tokens.ofPerson(berlin, people))).toBe('done');
    expect(await codeOf(tokens.ofPerson(paris, people))).toBe('people.not_found');
    const known = { field: 'email', known: true };
    expect(await codeOf(tokens.make({ ...known, person: berlin }))).toBe('done');
    expect(await codeOf(tokens.make({ ...known, person: paris }))).toBe('people.not_found');
    expect(await free.stored()).toBe(3);
    expect(await codeOf(free.make(EMAIL, OTHER_SHOP))).toBe('done');
  });

  it('answers each of a batch for itself, and lets nothing through by plain ones alone', async () => {
    const [berlin, paris] = [await somebody('DE-BE'), await somebody('FR')];
    const tokens = await under({ rules: [only('make')] });
    const known = { field: 'email', known: true };
    const values = [
      ...[{ ...EMAIL, person: berlin }, { ...EMAIL, person: paris }, EMAIL, { ...EMAIL, uses: 1 }],
      ...[
        { ...known, person: berlin },
        { ...known, person: paris },
      ],
    ];
    const { results, made } = await tokens.makeBatch(values);
    expect([made, codesOf(results)]).toEqual([
      2,
      ['done', 'people.not_found', 'auth.forbidden', 'auth.forbidden', 'done', 'people.not_found'],
    ]);
    expect(codesOf((await tokens.makeBatch([EMAIL, EMAIL])).results)).toEqual([
      'auth.forbidden',
      'auth.forbidden',
    ]);
    await expect(tokens.makeBatch(values, { atomic: true })).rejects.toMatchObject({
      code: 'request.invalid',
    });
    expect(await free.stored()).toBe(2);
    expect(await refused()).toEqual([
      ['tokens.make_batch', 'people.not_found', 2],
      ['tokens.make_batch', 'auth.forbidden', 2],
      ['tokens.make_batch', 'auth.forbidden', 2],
    ]);
  });

  it('lets tokens of people of it alone be described and removed', async () => {
    const [home, ...elsewhere] = [
      await tokenIn('DE-BE'),
      await tokenIn('FR'),
      await tokenIn(undefined),
      await free.make(EMAIL),
    ];
    const describing = await under({ rules: [only('describe')] });
    expect(await codeOf(describing.describe(home))).toBe('done');
    for (const token of elsewhere) expect(await codeOf(describing.describe(token))).toBe('tokens.not_found');
    const removing = await under({ rules: [only('remove')] });
    expect(await removing.remove(elsewhere)).toEqual({ removed: 0 });
    expect(await removing.remove([...elsewhere, home])).toEqual({ removed: 1 });
    const everywhere = await under({});
    expect(codesOf(await everywhere.revealBatch(elsewhere))).toEqual(['done', 'done', 'done']);
  });
});
