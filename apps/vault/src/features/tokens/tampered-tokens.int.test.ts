import { proofCount } from '@integument/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { answerOf, brokenBy, type StoredRow } from '../../tampering.fixture.js';
import { TestVault } from '../../vault.fixture.js';
import { tokenOf } from './token-ids.js';
import { TestTokens } from './tokens.fixture.js';

let vault: TestVault;
let tokens: TestTokens;
beforeAll(async () => {
  vault = await TestVault.open();
  tokens = new TestTokens(vault);
});
afterAll(() => vault.close());

const VALUES = [
  { field: 'account_id', value: 'A-1815' },
  { field: 'account_id', value: 'A-1815' },
  { field: 'email', value: 'ada@example.org', type: 'deterministic' },
  { field: 'email', value: 'bob@example.org', type: 'deterministic' },
];

/** Of nobody, and of two people, all with the same values: beside each is one that differs in nothing but the token. */
async function storedTokens(): Promise<StoredRow[]> {
  const people = [await vault.enrol({ fields: {} }), await vault.enrol({ fields: {} })];
  const wanted = [undefined, ...people].flatMap((person) =>
    VALUES.map((value) => ({ ...value, ...(person && { person }) })),
  );
  return Promise.all(
    wanted.map(async (body) => {
      const token = await tokens.make(body);
      const sql = 'SELECT sealed FROM token WHERE token = $1';
      const [row] = await vault.query<{ sealed: Buffer }>(sql, [tokenOf(token)]);
      return { sealed: row?.sealed ?? Buffer.alloc(0), reveal: () => tokens.reveal(token) };
    }),
  );
}

it('a token whose row was tampered with, by one bit or with another row’s value, is told nobody', async () => {
  const rows = await storedTokens();
  await fc.assert(brokenBy(vault, 'token', rows, 'tokens.broken'), { numRuns: proofCount(200, 1_000) });
  expect(await Promise.all(rows.map(answerOf))).toEqual(rows.map(() => 'told'));
}, 120_000);
