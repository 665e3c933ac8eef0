import { CodedError, describeToken } from '@integument/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OTHER_SHOP, TestVault } from '../../vault.fixture.js';
import { sweepEnded } from './sweep-ended.js';
import { tokenOf } from './token-ids.js';
import { code, TestTokens } from './tokens.fixture.js';

let vault: TestVault;
let tokens: TestTokens;
beforeAll(async () => {
  vault = await TestVault.open();
  tokens = new TestTokens(vault);
});
afterAll(() => vault.close());
beforeEach(() => vault.query('DELETE FROM audit_staging; DELETE FROM token'));

const email = { field: 'email', value: 'Ada.Lovelace@Example.org' };

describe('a token that ends', () => {
  it('is nothing from then on', async () => {
    const token = await tokens.make({ ...email, expiresAt: new Date(Date.now() + 3_600_000).toISOString() });
    expect(await tokens.reveal(token)).toMatchObject({ value: email.value });
    await vault.query(`UPDATE token SET expires_at = now() - interval '1 second'`);
    await expect(tokens.reveal(token)).rejects.toEqual(code('tokens.not_found'));
    await expect(tokens.describe(token)).rejects.toEqual(code('tokens.not_found'));
    expect(await vault.unitOfWork.run((tx) => tokens.store.sweepExpired(tx, 10))).toBe(1);
    expect(await tokens.stored()).toBe(0);
  });

  it('is swept with all that have ended, however many at once, until that is to stop', async () => {
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    await tokens.makeBatch([email, ...Array.from({ length: 25 }, () => ({ ...email, expiresAt }))]);
    await vault.query(
      `UPDATE token SET expires_at = now() - interval '1 second' WHERE expires_at IS NOT NULL`,
    );
    const sweep = (stop: AbortSignal) => sweepEnded(vault.unitOfWork, tokens.store, stop, 10);
    expect([await sweep(AbortSignal.abort()), await tokens.stored()]).toEqual([0, 26]);
    expect([await sweep(new AbortController().signal), await tokens.stored()]).toEqual([25, 1]);
  });

  it('has an end that the database can keep, or is refused for itself', async () => {
    const wrong = [`2099-01-01T00:00:00.${'0'.repeat(200)}Z`, '9999-12-31T23:59:59.9999999Z'];
    const { results } = await tokens.makeBatch([
      email,
      ...wrong.map((expiresAt) => ({ ...email, expiresAt })),
    ]);
    const refused = { code: 'request.invalid', fields: ['expiresAt'] };
    expect(results).toEqual([{ token: expect.any(String) as string }, refused, refused]);
  });

  it.each(['9999-12-31T23:59:59.999999Z', '2099-01-01T00:00:00.1239Z'])(
    'at %s says so',
    async (expiresAt) => {
      const told = await tokens.describe(await tokens.make({ ...email, expiresAt }));
      expect(told.expiresAt).toBe(new Date(expiresAt).toISOString());
      expect(describeToken.reply?.safeParse(told).success).toBe(true);
      const kept = await vault.query('SELECT expires_at = $1 AS same FROM token', [told.expiresAt]);
      expect(kept).toEqual([{ same: true }]);
    },
  );

  it('where that was rounded up, before it was refused, beyond the years that have names, is described', async () => {
    const token = await tokens.make({ ...email, expiresAt: '2099-01-01T00:00:00Z' });
    await vault.query(`UPDATE token SET expires_at = '10000-01-01T00:00:00Z'`);
    expect(describeToken.reply?.safeParse(await tokens.describe(token)).success).toBe(true);
  });
});

describe('a token for some uses', () => {
  it('is told as often, whoever asks at once, and is gone with the last', async () => {
    const token = await tokens.make({ ...email, uses: 3 });
    const told = await Promise.allSettled(Array.from({ length: 20 }, () => tokens.reveal(token)));
    expect(told.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    expect(await tokens.stored()).toBe(0);
    const revealed = (await vault.entries()).filter(({ action }) => action === 'tokens.reveal');
    expect(revealed.reduce((sum, entry) => sum + (entry.count ?? 0), 0)).toBe(3);
  });

  it('counts each place of it in a batch', async () => {
    const token = await tokens.make({ ...email, uses: 2 });
    const told = await tokens.revealBatch([token, token, token]);
    expect(told.map((one) => (one instanceof CodedError ? one.code : 'told'))).toEqual([
      'told',
      'told',
      'tokens.not_found',
    ]);
  });

  it('is told once under 100 calls at once, half of them to another process', async () => {
    const token = await tokens.make({ ...email, uses: 1 });
    const another = await vault.another();
    const beside = new TestTokens(another);
    try {
      const calls = Array.from({ length: 100 }, (_, at) => (at % 2 ? tokens : beside).reveal(token));
      const told = await Promise.allSettled(calls);
      const refused = told.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
      expect(refused).toEqual(Array.from({ length: 99 }, () => code('tokens.not_found')));
    } finally {
      await another.leave();
    }
  });

  it('that was told for the last time is not there after a restart either', async () => {
    const token = await tokens.make({ ...email, uses: 1 });
    expect(await tokens.reveal(token)).toMatchObject({ value: email.value });
    vault = await vault.restart();
    tokens = new TestTokens(vault);
    await expect(tokens.reveal(token)).rejects.toEqual(code('tokens.not_found'));
  });

  it('keeps its use where a rule says no', async () => {
    const token = await tokens.make({ ...email, uses: 1 });
    await expect(tokens.reveal(token, { asker: OTHER_SHOP })).rejects.toThrow();
    await expect(tokens.reveal(token, { purpose: 'legal-obligation' })).rejects.toThrow();
    expect(await tokens.reveal(token)).toMatchObject({ value: email.value });
  });

  it('is held for nobody who is not told it', async () => {
    const token = await tokens.make({ ...email, uses: 1 });
    await vault.unitOfWork.run(async (tx) => {
      await tokens.store.holdLimited(tx, [tokenOf(token) as Buffer]);
      await expect(tokens.reveal(token, { asker: OTHER_SHOP })).rejects.toEqual(code('tokens.not_found'));
    });
  });
});
