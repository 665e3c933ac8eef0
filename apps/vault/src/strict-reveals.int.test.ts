import { CodedError, enrolment } from '@integument/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TransitServer } from './features/keyring/transit-server.fixture.js';
import { TestTokens } from './features/tokens/tokens.fixture.js';
import { RuleMakers } from './rules.fixture.js';
import { OTHER_SHOP, TestVault } from './vault.fixture.js';
import type { StrictStage } from './vault-place.fixture.js';

const DECRYPT = 'POST transit/decrypt/integument-data-keys';
const UNAVAILABLE = { code: 'keyring.unavailable', status: 503 };
const MINUTE = 60_000;
/** What the shop may be told: of people of there, their addresses. */
const POLICY = {
  id: 'addresses-there',
  who: { clients: ['brand-shop'] },
  purposes: ['delivery'],
  fields: ['email'],
  form: 'plain',
  regions: ['DE'],
};

let server: TransitServer;
let stage: StrictStage;
let vault: TestVault;
let tokens: TestTokens;
/** How far the clock of the KEKs is ahead. */
let later = 0;
beforeEach(async () => {
  later = 0;
  server = await TransitServer.start();
  // So many that none are wrapped, and seen to open, in the background.
  stage = { server, mode: 'on', pool: 200, now: () => performance.now() + later };
  vault = await TestVault.open(undefined, stage);
  await (await RuleMakers.of(vault)).enact({ reveals: [POLICY] });
  tokens = new TestTokens(vault, undefined, vault.rulesOfReplica());
});
afterEach(async () => {
  await vault.close();
  await server.close();
});

const TOLD = { field: 'email', value: 'ada@example.org' };
async function tokenIn(region: string, change: object = {}, asker = OTHER_SHOP): Promise<string> {
  const { person } = await vault.desk.enrolOne(
    asker,
    enrolment.parse({ fields: { given_name: 'Ada' }, region }),
  );
  return tokens.make({ ...TOLD, person, domain: 'orders', ...change }, asker);
}
/** Tokens that the shop holds and is not told, each of somebody else, with what it is answered. */
async function refusals(): Promise<[string, string][]> {
  const own = { domain: undefined };
  return [
    [await tokenIn('DE', own), 'tokens.not_found'],
    [await tokenIn('FR'), 'tokens.not_found'],
    [await tokenIn('DE', { field: 'note' }), 'people.reveal_not_allowed'],
    [await tokenIn('DE', { field: 'note', uses: 1 }), 'people.reveal_not_allowed'],
  ];
}
/** Whatever was warm has left. */
const cold = () => {
  later += MINUTE + 1;
};
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => (error as { code?: string }).code ?? String(error),
  );
const codesOf = (results: readonly object[]) =>
  results.map((one) => (one instanceof CodedError ? one.code : 'done'));

describe('in strict mode', () => {
  it('nobody’s key is opened for a token that is another’s, of another field, or of elsewhere', async () => {
    const refused = await refusals();
    cold();
    const before = server.count(DECRYPT);
    for (const [token, code] of refused) {
      expect(await codeOf(tokens.reveal(token))).toBe(code);
      expect(await codeOf(tokens.reveal(token, { form: 'masked' }))).toBe(code);
      expect(await codeOf(tokens.ask(token, { predicate: 'equals', value: TOLD.value }))).toBe(code);
    }
    expect(codesOf(await tokens.revealBatch(refused.map(([token]) => token)))).toEqual(
      refused.map(([, code]) => code),
    );
    expect(server.count(DECRYPT)).toBe(before);
  });

  it('of a batch those are opened, together, of whom something is told', async () => {
    const refused = await refusals();
    const [one, other] = [await tokenIn('DE'), await tokenIn('DE-BE', { uses: 1 })];
    cold();
    const before = server.items.length;
    const told = await tokens.revealBatch([...refused.map(([token]) => token), one, other, one]);
    expect(codesOf(told)).toEqual([...refused.map(([, code]) => code), 'done', 'done', 'done']);
    expect(server.items.slice(before)).toEqual([2]);
    // Nothing was taken in the run that found them cold.
    const revealed = (await vault.entries()).filter(({ action }) => action === 'tokens.reveal');
    expect(revealed.map(({ count }) => count).sort()).toEqual([1, 2]);
  });

  it('a refusal stays one while HashiCorp Vault is away, and what would be told is 503', async () => {
    const refused = await refusals();
    const allowed = await tokenIn('DE', { uses: 1 });
    cold();
    server.failure = 'reset';
    const entries = (await vault.entries()).length;
    for (const [token, code] of refused) expect(await codeOf(tokens.reveal(token))).toBe(code);
    await expect(tokens.reveal(allowed)).rejects.toMatchObject(UNAVAILABLE);
    expect((await vault.entries()).length).toBe(entries);
    server.failure = undefined;
    later += 1_001;
    expect(await tokens.reveal(allowed)).toEqual(TOLD);
  });

  it('of many who ask at once each has an answer of their own while HashiCorp Vault is away', async () => {
    const warm = await tokenIn('DE');
    const refused = (await refusals()).slice(0, 2);
    const allowed = [await tokenIn('DE', { uses: 1 }), await tokenIn('DE'), await tokenIn('DE')];
    cold();
    await tokens.reveal(warm);
    server.failure = 'reset';
    // Two go by themselves, and those behind them together.
    const asked = [warm, warm, ...allowed, warm, ...refused.map(([token]) => token), allowed[0]];
    const codes = await Promise.all(asked.map((token) => codeOf(tokens.reveal(token))));
    const away = 'keyring.unavailable';
    const expected = ['done', 'done', away, away, away, 'done', ...refused.map(([, code]) => code), away];
    expect(codes).toEqual(expected);
    server.failure = undefined;
    later += 1_001;
    expect(await tokens.reveal(allowed[0])).toEqual(TOLD);
  });

  it('a process without it keeps nobody else from an answer', async () => {
    const strict = await tokenIn('DE');
    stage.mode = 'off';
    vault = await vault.restart();
    tokens = new TestTokens(vault, undefined, vault.rulesOfReplica());
    const here = await tokenIn('DE');
    const asked = [strict, strict, here, strict, strict, here];
    const away = 'keyring.unavailable';
    expect(await Promise.all(asked.map((token) => codeOf(tokens.reveal(token))))).toEqual(
      asked.map((token) => (token === here ? 'done' : away)),
    );
  });
});
