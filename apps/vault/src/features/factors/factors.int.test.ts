// The X.509 library injects its dependencies by reflection, so this has to come first.
import 'reflect-metadata';
import { type ApprovalId, type FactorId, RECOVERY_CODE, type StaffId } from '@integument/contracts';
import { encodeId, randomId } from '@integument/crypto';
import { describe, expect, it } from 'vitest';
import { agreed } from '../../member.fixture.js';
import { outcomes } from '../../outcomes.fixture.js';
import {
  alive,
  browsers,
  factorsOf,
  later,
  MINUTE,
  restart,
  somebody,
  vault,
  withTotp,
} from './factor-stage.fixture.js';
import { Member } from './factors.fixture.js';
import { newRecoveryCode } from './recovery-codes.js';

describe('a recovery code', () => {
  async function withCodes() {
    const member = await withTotp();
    const { codes } = await member.ask((tx, asker) => vault.factors.makeRecoveryCodes(tx, asker));
    return { member, codes };
  }
  const use = (browser: Member, code: string) =>
    browser.rise((tx, asker) => vault.factorUse.useRecoveryCode(tx, asker, code));

  it('is one of ten of 120 random bits, of which the database keeps digests', async () => {
    const { codes } = await withCodes();
    expect(new Set(codes).size).toBe(10);
    for (const code of codes) expect([code.length, code]).toEqual([29, expect.stringMatching(RECOVERY_CODE)]);
    const used = new Set(Array.from({ length: 200 }, newRecoveryCode).join('').replaceAll('-', ''));
    expect(used.size).toBe(32);
    const [row] = await vault.query<{ text: string }>(
      "SELECT string_agg(encode(code, 'escape'), ' ') AS text FROM recovery_code",
    );
    for (const code of codes) expect(row?.text).not.toContain(code.slice(0, 4).repeat(2));
    for (const code of codes) expect(row?.text).not.toContain(code);
  });

  it('is used once, of a hundred uses at once, also across a restart', async () => {
    const { member, codes } = await withCodes();
    const [code = ''] = codes;
    const all = await browsers(member, 100);
    expect(await outcomes(all.map((browser) => use(browser, code)))).toEqual({
      done: 1,
      'factors.refused': 99,
    });
    await restart();
    member.vault = vault;
    const after = await member.elsewhere();
    await expect(use(after, code)).rejects.toThrow('factors.refused');
    await use(after, codes[1] ?? '');
  });

  it('lowers nothing for good: the factor stays, the next sign-in wants one, and the last cannot be removed (Ory Kratos’ AAL2)', async () => {
    const { member, codes } = await withCodes();
    const browser = await member.elsewhere();
    for (const code of codes) {
      await browser.signIn();
      expect(browser.asker.caller.secondFactorAt).toBeUndefined();
      await use(browser, code);
    }
    const { factors, recoveryCodes } = await factorsOf(browser);
    expect([factors.length, recoveryCodes]).toEqual([1, 0]);
    const factor = factors[0]?.factor as FactorId;
    await expect(browser.ask((tx, asker) => vault.factors.remove(tx, asker, factor))).rejects.toThrow(
      'factors.last_factor',
    );
    await browser.signIn();
    await later(MINUTE, () => browser.useTotp());
  });

  it('is void once others are made, and nobody else’s', async () => {
    const { member, codes } = await withCodes();
    const other = await withTotp();
    await expect(use(await other.elsewhere(), codes[0] ?? '')).rejects.toThrow('factors.refused');
    await member.ask((tx, asker) => vault.factors.makeRecoveryCodes(tx, asker));
    await expect(use(await member.elsewhere(), codes[0] ?? '')).rejects.toThrow('factors.refused');
  });
});

describe('removing', () => {
  it('ends the other sessions of the account, and never leaves none, of two at once neither', async () => {
    const member = await withTotp();
    await member.enrolPasskey();
    const other = await member.elsewhere();
    const { factors } = await factorsOf(member);
    const remove = (factor: string) =>
      member.ask((tx, asker) => vault.factors.remove(tx, asker, factor as FactorId));
    const counts = await outcomes(factors.map(({ factor }) => remove(factor)));
    expect(counts).toEqual({ done: 1, 'factors.last_factor': 1 });
    expect(await alive(other.secret)).toBeNull();
    expect(await alive(member.secret)).not.toBeNull();
  });

  it('knows no factor of somebody else', async () => {
    const [one, other] = [await withTotp(), await withTotp()];
    await one.enrolPasskey();
    const theirs = (await factorsOf(other)).factors[0]?.factor as FactorId;
    for (const factor of [theirs, encodeId('fct', randomId()) as FactorId])
      await expect(one.ask((tx, asker) => vault.factors.remove(tx, asker, factor))).rejects.toThrow(
        'factors.not_found',
      );
  });
});

describe('removing the last', () => {
  const idOf = (member: Member) => member.asker.caller.id as StaffId;
  const admin = () => somebody('admin');
  const removeLast = (who: Member, account: StaffId, approval: ApprovalId) =>
    who.ask((tx, asker) => vault.factors.removeLast(tx, asker, { account, approval }));

  it('takes a second person, whether the owner asks or an admin for them; then the account enrols anew', async () => {
    const other = await admin();
    for (const by of ['owner', 'admin']) {
      const owner = await withTotp();
      await owner.enrolPasskey();
      const { codes } = await owner.ask((tx, asker) => vault.factors.makeRecoveryCodes(tx, asker));
      const elsewhere = await owner.elsewhere();
      const asker = by === 'owner' ? owner : await admin();
      const account = idOf(owner);
      const approval = await agreed(vault, [asker, other], 'factors.remove_last', { account });
      await removeLast(asker, account, approval);
      for (const { secret } of [owner, elsewhere]) expect(await alive(secret)).toBeNull();
      if (by === 'admin') expect(await alive(asker.secret)).not.toBeNull();
      expect((await vault.entries()).at(-1)).toMatchObject({
        action: 'factors.remove_last',
        object: account,
        count: 2,
        details: { approval },
      });

      await owner.signIn();
      expect(await factorsOf(owner)).toEqual({ factors: [], recoveryCodes: 0 });
      const useCode = owner.rise((tx, asked) => vault.factorUse.useRecoveryCode(tx, asked, codes[0] ?? ''));
      await expect(useCode).rejects.toThrow('factors.refused');
      await later(5 * MINUTE + 1_000, () =>
        expect(owner.enrolTotp()).rejects.toThrow('factors.sign_in_not_fresh'),
      );
      await owner.enrolTotp();
    }
  });

  it('is asked for by nobody else, and agreed to by nobody whom it is about', async () => {
    const owner = await somebody('privacy-officer');
    const [asker, other] = [await admin(), await somebody()];
    const account = idOf(owner);
    await expect(agreed(vault, [other, asker], 'factors.remove_last', { account })).rejects.toThrow(
      'approvals.not_allowed',
    );
    await expect(agreed(vault, [asker, owner], 'factors.remove_last', { account })).rejects.toThrow(
      'approvals.not_found',
    );
  });

  it('is not of another account than was agreed to, and doesn’t use the approval up where there is none', async () => {
    const [owner, victim, other] = [await somebody(), await withTotp(), await admin()];
    const approval = await agreed(vault, [owner, other], 'factors.remove_last', { account: idOf(owner) });
    await expect(removeLast(owner, idOf(victim), approval)).rejects.toThrow('approvals.other_parameters');
    await expect(removeLast(owner, idOf(owner), approval)).rejects.toThrow('factors.none');
    expect((await factorsOf(victim)).factors).toHaveLength(1);
    await owner.enrolTotp();
    await removeLast(owner, idOf(owner), approval);
  });

  it('leaves no session that began while it ran', async () => {
    const [owner, asker, other] = [await withTotp(), await admin(), await admin()];
    const account = idOf(owner);
    const approval = await agreed(vault, [asker, other], 'factors.remove_last', { account });
    const browser = await owner.elsewhere();
    await later(MINUTE, async () => {
      const [used] = await Promise.allSettled([browser.useTotp(), removeLast(asker, account, approval)]);
      if (used.status === 'fulfilled') expect(await alive(browser.secret)).toBeNull();
      const [left] = await vault.query<{ count: number }>(
        'SELECT count(*)::int AS count FROM vault_session WHERE staff = $1 AND factor_at IS NOT NULL',
        [Buffer.from(account, 'hex')],
      );
      expect(left).toEqual({ count: 0 });
    });
  });
});

it('the log says which kind was enrolled, used and removed, in which session, and how long ago a factor was used', async () => {
  const member = await somebody();
  const began = member.asker.caller.session;
  await member.enrolPasskey();
  await member.enrolTotp();
  const { codes } = await member.ask((tx, asker) => vault.factors.makeRecoveryCodes(tx, asker));
  await member.signIn();
  await member.usePasskey();
  await member.rise((tx, asker) => vault.factorUse.useRecoveryCode(tx, asker, codes[0] ?? ''));
  const { factors } = await factorsOf(member);
  const totp = factors.find(({ kind }) => kind === 'totp')?.factor as FactorId;
  await member.ask((tx, asker) => vault.factors.remove(tx, asker, totp));
  const own = (await vault.entries()).filter(({ actor }) => actor.id === member.asker.caller.id);
  const factorEntries = own.filter(({ action }) => action.startsWith('factors.'));
  expect(factorEntries.map(({ action }) => action.slice(8))).toEqual(
    'enrol_passkey enrol_totp make_recovery_codes use_passkey use_recovery_code remove'.split(' '),
  );
  expect(factorEntries[0]).toMatchObject({ details: { sessionBefore: began }, actor: { factorAge: 0 } });
  expect(factorEntries[1]?.details).toEqual({ sessionBefore: factorEntries[0]?.actor.session });
  expect(factorEntries.at(-1)).toMatchObject({ object: totp, details: { kind: 'totp' } });
  for (const { actor } of factorEntries) expect(actor.factorAge).toBeGreaterThanOrEqual(0);
  const text = JSON.stringify(own);
  for (const secret of [member.totpSecret, member.secret, ...codes]) expect(text).not.toContain(secret);
});
