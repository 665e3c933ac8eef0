import { proofCount, seededRandom } from '@integument/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestVault } from '../../vault.fixture.js';
import { TestTokens } from './tokens.fixture.js';

const TOKENS = proofCount(20_000, 1_000_000);

/** in one call */
const MOST = Math.min(10_000, TOKENS / 10);

let vault: TestVault;
beforeAll(async () => {
  vault = await TestVault.open();
});
afterAll(() => vault.close());

it('no token and no IV comes twice, whichever process makes it and however many at a time', async () => {
  const random = seededRandom();
  const processes = [new TestTokens(vault), new TestTokens(vault)];
  const told = new Set<string>();
  while (told.size < TOKENS) {
    const made = await Promise.all(
      processes.map((tokens) => tokens.makeBatch(values(1 + random.below(MOST)))),
    );
    const before = told.size;
    for (const { results } of made)
      for (const one of results) told.add('token' in one ? one.token : one.code);
    expect(told.size - before).toBe(made.reduce((sum, batch) => sum + batch.made, 0));
  }
  const [stored] = await vault.query(`
    SELECT count(*)::int AS rows, count(DISTINCT substr(token, 6))::int AS tokens,
           count(DISTINCT substr(sealed, 2, 12))::int AS ivs FROM token`);
  expect(stored).toEqual({ rows: told.size, tokens: told.size, ivs: told.size });
}, 600_000);

/** All the same: nothing but chance tells their tokens and seals apart. */
function values(count: number): { field: string; value: string }[] {
  return Array.from({ length: count }, () => ({ field: 'account_id', value: 'A-1815' }));
}
