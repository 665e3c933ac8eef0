// The X.509 library injects its dependencies by reflection, so this has to come first.
import 'reflect-metadata';
import { type SignInCode } from '@integument/contracts';
import { describe, expect, it } from 'vitest';
import { API } from '../../vault.fixture.js';
import { alive, factorsOf, later, MINUTE, somebody, vault, withTotp } from './factor-stage.fixture.js';
import { Member } from './factors.fixture.js';

describe('enrolling', () => {
  it('gives the session a new secret that has used a factor; the old one lets nobody in', async () => {
    const member = await somebody();
    const before = member.secret;
    expect(member.asker.caller.secondFactorAt).toBeUndefined();
    await member.enrolTotp();
    expect(member.secret).not.toBe(before);
    expect(await alive(before)).toBeNull();
    expect(member.asker.caller.secondFactorAt).toBeInstanceOf(Date);
    expect((await factorsOf(member)).factors).toMatchObject([{ kind: 'totp' }]);
  });

  it('voids the one-time codes of the session before', async () => {
    const member = await somebody();
    const { code } = await member.ask((tx, asker) => vault.signIn.issueCode(tx, asker));
    await member.enrolTotp();
    const redeem = (sic: SignInCode) => vault.unitOfWork.run((tx) => vault.signIn.redeem(tx, API, sic));
    await expect(redeem(code)).rejects.toThrow('sign_in.code_invalid');
    const fresh = await member.ask((tx, asker) => vault.signIn.issueCode(tx, asker));
    const at = member.asker.caller.secondFactorAt?.toISOString();
    expect(await redeem(fresh.code)).toMatchObject({ kind: 'staff', factorAt: at });
  });

  it('wants a sign-in of the last five minutes, at its end too', async () => {
    const member = await somebody();
    const begin = (m: Member) => m.ask((tx, asker) => vault.enrolment.beginTotp(tx, asker));
    await later(5 * MINUTE + 1_000, async () => {
      await expect(begin(member)).rejects.toThrow('factors.sign_in_not_fresh');
      await expect(member.enrolPasskey()).rejects.toThrow('factors.sign_in_not_fresh');
    });
    const slow = await somebody();
    await slow.signIn(new Date(Date.now() - 4 * MINUTE));
    slow.totpSecret = (await begin(slow)).secret;
    await later(2 * MINUTE, () =>
      expect(slow.rise((tx, asker) => vault.enrolment.finishTotp(tx, asker, slow.code()))).rejects.toThrow(
        'factors.sign_in_not_fresh',
      ),
    );
  });

  it('in a session that has ended just now, or by who was dismissed, is refused and leaves nothing', async () => {
    const begin = (m: Member) => [
      () => m.ask((tx, asker) => vault.enrolment.beginTotp(tx, asker)),
      () => m.ask((tx, asker) => vault.enrolment.beginPasskey(tx, asker)),
      () => m.ask((tx, asker) => vault.factorUse.beginPasskey(tx, asker)),
    ];
    const [gone, dismissed] = [await somebody(), await withTotp()];
    await gone.ask((tx, asker) => vault.sessions.signOut(tx, asker));
    await vault.query('DELETE FROM staff WHERE account = $1', [
      Buffer.from(dismissed.asker.caller.id, 'hex'),
    ]);
    const afterwards = [
      () => dismissed.ask((tx, asker) => vault.factorUse.useTotp(tx, asker, dismissed.code(1))),
      () => dismissed.ask((tx, asker) => vault.factorUse.useTotp(tx, asker, '000000')),
      () => dismissed.ask((tx, asker) => vault.factors.makeRecoveryCodes(tx, asker)),
    ];
    for (const attempt of [...begin(gone), ...begin(dismissed), ...afterwards])
      await expect(attempt()).rejects.toThrow('auth.required');
  });

  it('of a second factor wants the first: a password alone brings none of its own (Ory Kratos’ AAL2)', async () => {
    const owner = await withTotp();
    const thief = await owner.elsewhere();
    for (const enrol of [() => thief.enrolTotp(), () => thief.enrolPasskey()])
      await expect(enrol()).rejects.toThrow('auth.step_up_required');
    await owner.enrolPasskey();
    expect((await factorsOf(owner)).factors).toHaveLength(2);
  });

  it('that was begun before the owner had a factor does not end after it (Ory Kratos’ AAL2)', async () => {
    const owner = await somebody();
    const thief = await owner.elsewhere();
    thief.totpSecret = (await thief.ask((tx, asker) => vault.enrolment.beginTotp(tx, asker))).secret;
    const options = await thief.ask((tx, asker) => vault.enrolment.beginPasskey(tx, asker));
    await owner.enrolTotp();
    await expect(
      thief.rise((tx, asker) => vault.enrolment.finishTotp(tx, asker, thief.code())),
    ).rejects.toThrow('auth.step_up_required');
    const made = thief.passkey.create(options);
    await expect(thief.rise((tx, asker) => vault.enrolment.finishPasskey(tx, asker, made))).rejects.toThrow(
      'auth.step_up_required',
    );
  });

  it('ends in the session that began it', async () => {
    const [one, other] = [await somebody(), await somebody()];
    const { secret } = await one.ask((tx, asker) => vault.enrolment.beginTotp(tx, asker));
    other.totpSecret = secret;
    await expect(
      other.rise((tx, asker) => vault.enrolment.finishTotp(tx, asker, other.code())),
    ).rejects.toThrow('factors.not_begun');
  });

  it('stops at five', async () => {
    const member = await withTotp();
    for (let n = 0; n < 4; n++) await member.enrolTotp();
    await expect(member.enrolTotp()).rejects.toThrow('factors.too_many');
  });

  it('keeps an app’s secret sealed: in another row, or for another account, it opens nothing', async () => {
    const [one, other] = [await withTotp(), await withTotp()];
    const rows = await vault.query<{ text: string }>(
      "SELECT string_agg(encode(wrapped, 'escape'), '') AS text FROM factor",
    );
    expect(rows[0]?.text).not.toContain(one.totpSecret);
    const ids = [one, other].map(({ asker }) => Buffer.from(asker.caller.id, 'hex'));
    await vault.query(
      'UPDATE factor SET wrapped = (SELECT wrapped FROM factor WHERE account = $2) WHERE account = $1',
      ids,
    );
    const thief = await one.elsewhere();
    thief.totpSecret = other.totpSecret;
    await later(MINUTE, () => expect(thief.useTotp()).rejects.toThrow('sealed value'));
  });
});
