import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { TestVault } from '../../vault.fixture.js';
import { TOKEN_BYTES, TokenIds } from './token-ids.js';
import { TestTokens } from './tokens.fixture.js';

let vault: TestVault;
let tokens: TestTokens;
beforeAll(async () => {
  vault = await TestVault.open();
  tokens = new TestTokens(vault);
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => vault.close());

const email = { field: 'email', value: 'Ada.Lovelace@Example.org' };

describe('the numbers of tokens', () => {
  // As many as there are connections, and more.
  it.each([0, 65_536 - 20])('are there for all who make some at once, after %i of them', async (before) => {
    const fresh = new TestTokens(vault);
    if (before > 0) await fresh.ids.take(before);
    const makes = Array.from({ length: 64 }, (_, n) =>
      fresh.make({ field: 'email', value: `p${n}@example.org`, ...(n % 4 && { type: 'deterministic' }) }),
    );
    const batch = fresh.makeBatch(Array.from({ length: 40 }, () => email));
    const [{ made }, ...one] = await Promise.all([batch, ...makes]);
    expect([made, new Set(one).size]).toEqual([40, 64]);
  });

  it.each([1, 2_000])('end in 128 bits of which each is drawn, %i at a time', async (atOnce) => {
    const ids = new TokenIds(vault.unitOfWork, (tx) => tokens.store.nextSegment(tx));
    // What others have left in memory looks like random bits: where nothing is drawn, there are zeros.
    vi.spyOn(Buffer, 'allocUnsafe').mockImplementation((size) => Buffer.alloc(size));
    const taken: Buffer[] = [];
    while (taken.length < 2_000) taken.push(...(await ids.take(atOnce)));
    const set = Array.from({ length: 128 }, () => 0);
    for (const token of taken) {
      expect(token).toHaveLength(TOKEN_BYTES);
      const bits = BigInt(`0x${token.subarray(-16).toString('hex')}`);
      for (let bit = 0; bit < 128; bit++) set[bit] = (set[bit] ?? 0) + Number((bits >> BigInt(bit)) & 1n);
    }
    // Of a fair bit that is nine standard deviations to either side.
    expect(Math.min(...set)).toBeGreaterThan(800);
    expect(Math.max(...set)).toBeLessThan(1_200);
  });

  it('are taken by the next in line where the one who asked for all has failed', async () => {
    let asked = 0;
    const ids = new TokenIds(vault.unitOfWork, async (tx) => {
      if (asked++ === 0) await tx.query('SELECT 1 / 0');
      return tokens.store.nextSegment(tx);
    });
    const taken = await Promise.allSettled(
      Array.from({ length: 4 }, () => vault.unitOfWork.run((tx) => ids.take(1, tx))),
    );
    expect(taken.filter(({ status }) => status === 'rejected')).toHaveLength(1);
    expect(asked).toBe(2);
  });
});
