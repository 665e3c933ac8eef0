// The X.509 library injects its dependencies by reflection, so this has to come first.
import 'reflect-metadata';
import { KeyObject, sign, webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  type ApprovalId,
  CodedError,
  type FactorId,
  RECOVERY_CODE,
  type SignInCode,
  type StaffId,
} from '@integument/contracts';
import { encodeId, randomId } from '@integument/crypto';
import * as x509 from '@peculiar/x509';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Misbehaviour, Statement } from '../../../../../tools/outside/software-passkey.js';
import { agreed } from '../../member.fixture.js';
import { outcomes } from '../../outcomes.fixture.js';
import { API, TestVault } from '../../vault.fixture.js';
import { Member } from './factors.fixture.js';
import { newRecoveryCode } from './recovery-codes.js';

let vault: TestVault;
beforeAll(async () => {
  vault = await TestVault.open();
});
afterAll(() => vault.close());
beforeEach(() => {
  vault.ahead = 0;
});

const MINUTE = 60_000;
let subjects = 0;
/** Somebody of staff whom no other test knows. */
const somebody = () => Member.appointed(vault, `member-${++subjects}`);
async function withTotp(): Promise<Member> {
  const member = await somebody();
  await member.enrolTotp();
  return member;
}
async function withPasskey(): Promise<Member> {
  const member = await somebody();
  await member.enrolPasskey();
  return member;
}

/** Runs with the vault's clock ahead by so much. */
async function later<T>(milliseconds: number, work: () => Promise<T>): Promise<T> {
  vault.ahead += milliseconds;
  try {
    return await work();
  } finally {
    vault.ahead -= milliseconds;
  }
}

const factorsOf = (member: Member) => member.ask((tx, asker) => vault.factors.list(tx, asker));
const alive = (secret: string) => vault.unitOfWork.run((tx) => vault.sessions.find(tx, secret));

/** As many browsers of one member, each signed in. */
async function browsers(member: Member, count: number): Promise<Member[]> {
  const all: Member[] = [];
  for (let n = 0; n < count; n++) all.push(await member.elsewhere());
  return all;
}

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

describe('a code of an authenticator app', () => {
  it('is used once, of a hundred uses at once in as many sessions, also across a restart', async () => {
    const member = await withTotp();
    const all = await browsers(member, 100);
    await later(MINUTE, async () => {
      const code = member.code();
      const asked = all.map((browser) => browser.useTotp(code));
      expect(await outcomes(asked)).toEqual({ done: 1, 'factors.refused': 99 });
      vault = await vault.restart();
      member.vault = vault;
      const after = await member.elsewhere();
      await expect(after.useTotp(code)).rejects.toThrow('factors.refused');
      expect(await member.elsewhere().then((m) => m.useTotp(m.code(1)))).toBeDefined();
    });
  });

  it('is used once in one session, however often it is sent at the same time', async () => {
    const member = await withTotp();
    const browser = await member.elsewhere();
    await later(MINUTE, async () => {
      const code = browser.code();
      const { asker } = browser;
      const asked = Array.from({ length: 100 }, async () => {
        const outcome = await vault.unitOfWork.run((tx) => vault.factorUse.useTotp(tx, asker, code));
        if (outcome instanceof CodedError) throw outcome;
      });
      expect((await outcomes(asked)).done).toBe(1);
    });
  });

  it('that enrolled the app is spent by it', async () => {
    const member = await somebody();
    member.totpSecret = (await member.ask((tx, asker) => vault.enrolment.beginTotp(tx, asker))).secret;
    const code = member.code();
    await member.rise((tx, asker) => vault.enrolment.finishTotp(tx, asker, code));
    const again = await member.elsewhere();
    await expect(again.useTotp(code)).rejects.toThrow('factors.refused');
  });

  it.each([-2, 2])('%i steps away is refused; one step away is not', async (steps) => {
    const member = await withTotp();
    await later(10 * MINUTE, async () => {
      await expect((await member.elsewhere()).useTotp(member.code(steps))).rejects.toThrow('factors.refused');
      await (await member.elsewhere()).useTotp(member.code(steps / 2));
    });
  });

  it('is not used after a later one', async () => {
    const member = await withTotp();
    await later(10 * MINUTE, async () => {
      await (await member.elsewhere()).useTotp(member.code(1));
      for (const steps of [1, 0, -1])
        await expect((await member.elsewhere()).useTotp(member.code(steps))).rejects.toThrow(
          'factors.refused',
        );
    });
  });

  it('in another writing is another code: blanks, other scripts’ digits, signs, more or fewer digits (CVE-2025-6014)', async () => {
    const member = await withTotp();
    const arabic = (text: string) => text.replace(/\d/g, (d) => String.fromCharCode(0x660 + Number(d)));
    const wide = (text: string) => text.replace(/\d/g, (d) => String.fromCharCode(0xff10 + Number(d)));
    await later(10 * MINUTE, async () => {
      const code = member.code();
      const written = [
        ` ${code}`,
        `${code} `,
        `${code}\n`,
        `${code.slice(0, 3)} ${code.slice(3)}`,
        arabic(code),
        wide(code),
        `+${code.slice(1)}`,
        `0${code}`,
        code.slice(1),
        '',
      ];
      for (const text of written) {
        await vault.query('DELETE FROM factor_attempts');
        const browser = await member.elsewhere();
        await expect(browser.useTotp(text), JSON.stringify(text)).rejects.toThrow('factors.refused');
      }
      await vault.query('DELETE FROM factor_attempts');
      await (await member.elsewhere()).useTotp(code);
    });
  });

  it('of somebody else is refused', async () => {
    const [one, other] = [await withTotp(), await withTotp()];
    await later(MINUTE, async () => {
      await expect((await one.elsewhere()).useTotp(other.code())).rejects.toThrow('factors.refused');
    });
  });
});

describe('guessing codes', () => {
  const wrongFor = (member: Member) => String((Number(member.code()) + 500_000) % 1_000_000).padStart(6, '0');
  const waitOf = async (asked: Promise<unknown>): Promise<number> => {
    const error = await asked.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof CodedError) || error.code !== 'factors.wait') return 0;
    expect(error.status).toBe(429);
    return Number(error.headers?.['retry-after']);
  };

  it('waits longer and longer, an hour at most, and never for ever', async () => {
    const member = await withTotp();
    const browser = await member.elsewhere();
    const waits: number[] = [];
    vault.ahead = 10 * MINUTE;
    for (let n = 0; n < 18; n++) {
      await expect(browser.useTotp(wrongFor(browser))).rejects.toThrow('factors.refused');
      if (n < 2) continue;
      // A right code that comes too soon is not looked at.
      const seconds = await waitOf(browser.useTotp(browser.code()));
      waits.push(seconds);
      vault.ahead += seconds * 1_000;
    }
    await browser.useTotp();
    expect(waits.slice(0, 5)).toSatisfy((them: number[]) =>
      // A second may have passed while the test ran.
      them.every((seconds, at) => seconds > 0 && Math.abs(seconds - 2 ** at) <= 1),
    );
    expect(waits.slice(-3)).toEqual([3_600, 3_600, 3_600]);
  });

  it('a hundred at once are no more than one after the other', async () => {
    const member = await withTotp();
    const all = await browsers(member, 100);
    await later(10 * MINUTE, async () => {
      const wrong = wrongFor(member);
      const counts = await outcomes(all.map((browser) => browser.useTotp(wrong)));
      expect(counts).toEqual({ 'factors.refused': 3, 'factors.wait': 97 });
    });
  });

  it('by a thief of the password locks the owner out of nothing but the app, and nobody else out of anything', async () => {
    const owner = await withTotp();
    await owner.enrolPasskey();
    const codes = await owner.ask((tx, asker) => vault.factors.makeRecoveryCodes(tx, asker));
    const thief = await owner.elsewhere();
    const other = await withTotp();
    await later(10 * MINUTE, async () => {
      for (let n = 0; n < 3; n++)
        await expect(thief.useTotp(wrongFor(owner))).rejects.toThrow('factors.refused');
      await expect((await owner.elsewhere()).useTotp()).rejects.toThrow('factors.wait');
      await (await other.elsewhere()).useTotp();
      await owner.signIn();
      await owner.usePasskey();
      await owner.signIn();
      await owner.rise((tx, asker) => vault.factorUse.useRecoveryCode(tx, asker, codes.codes[0] ?? ''));
    });
  });

  it('is forgotten after a right code', async () => {
    const member = await withTotp();
    await later(10 * MINUTE, async () => {
      const browser = await member.elsewhere();
      for (let n = 0; n < 2; n++)
        await expect(browser.useTotp(wrongFor(member))).rejects.toThrow('factors.refused');
      await browser.useTotp(member.code());
      expect(
        await vault.query('SELECT 1 FROM factor_attempts WHERE account = $1', [
          Buffer.from(member.asker.caller.id, 'hex'),
        ]),
      ).toEqual([]);
    });
  });
});

describe('a passkey', () => {
  const optionsOf = (member: Member) => member.ask((tx, asker) => vault.factorUse.beginPasskey(tx, asker));
  async function answer(member: Member, wrong: Misbehaviour = {}) {
    const assertion = member.passkey.get(await optionsOf(member), wrong);
    return member.rise((tx, asker) => vault.factorUse.usePasskey(tx, asker, assertion));
  }

  it('lifts the session that it was used in', async () => {
    const member = await withPasskey();
    await member.signIn();
    const before = member.secret;
    await member.usePasskey();
    expect(member.asker.caller.secondFactorAt).toBeInstanceOf(Date);
    expect(await alive(before)).toBeNull();
  });

  const wrongs: [string, Misbehaviour][] = [
    ['without user verification', { userVerified: false }],
    ['with a counter that did not rise', { counter: 1 }],
    ['with no counter after it had one', { counter: 0 }],
    ['for another page', { origin: 'https://web.example.evil.test' }],
    ['for a challenge of its own', { challenge: Buffer.alloc(32, 7).toString('base64url') }],
    ['with a signature of nothing', { signature: Buffer.alloc(70, 1) }],
  ];
  it.each(wrongs)('%s is refused', async (_, wrong) => {
    const member = await withPasskey();
    await member.signIn();
    await expect(answer(member, wrong)).rejects.toThrow('factors.refused');
    expect((await alive(member.secret)) as object).not.toHaveProperty('secondFactorAt');
  });

  it('that is made without user verification, or for another page or challenge, is not enrolled', async () => {
    for (const wrong of [{ userVerified: false }, { origin: 'https://evil.test' }, { challenge: 'AAAA' }]) {
      const member = await somebody();
      const options = await member.ask((tx, asker) => vault.enrolment.beginPasskey(tx, asker));
      const made = member.passkey.create(options, wrong);
      await expect(
        member.rise((tx, asker) => vault.enrolment.finishPasskey(tx, asker, made)),
      ).rejects.toThrow('factors.refused');
    }
  });

  it('that brings certificates is not enrolled, though they are in order: nobody fetches what they point to', async () => {
    const member = await somebody();
    const attest = await attestation();
    const options = await member.ask((tx, asker) => vault.enrolment.beginPasskey(tx, asker));
    const made = member.passkey.create(options, { attest });
    await expect(member.rise((tx, asker) => vault.enrolment.finishPasskey(tx, asker, made))).rejects.toThrow(
      'factors.refused',
    );
  });

  it('answers a challenge once, of a hundred answers at once, also across a restart', async () => {
    const member = await withPasskey();
    const browser = await member.elsewhere();
    const first = await optionsOf(browser);
    const assertion = member.passkey.get(first);
    const { asker } = browser;
    const use = async () => {
      const outcome = await vault.unitOfWork.run((tx) => vault.factorUse.usePasskey(tx, asker, assertion));
      if (outcome instanceof CodedError) throw outcome;
    };
    const counts = await outcomes(Array.from({ length: 100 }, use));
    expect(counts).toEqual({ done: 1, 'factors.not_begun': 99 });
    vault = await vault.restart();
    await expect(use()).rejects.toThrow('factors.not_begun');
  });

  it('has spent the challenge with a wrong answer, too', async () => {
    const member = await withPasskey();
    await member.signIn();
    const options = await optionsOf(member);
    const wrong = member.passkey.get(options, { userVerified: false });
    const right = member.passkey.get(options);
    const use = (assertion: typeof right) =>
      member.rise((tx, asker) => vault.factorUse.usePasskey(tx, asker, assertion));
    await expect(use(wrong)).rejects.toThrow('factors.refused');
    await expect(use(right)).rejects.toThrow('factors.not_begun');
  });

  it('answers no challenge of another session, and none that is five minutes old', async () => {
    const member = await withPasskey();
    const [one, other] = [await member.elsewhere(), await member.elsewhere()];
    const assertion = member.passkey.get(await optionsOf(one));
    const use = (browser: Member) =>
      browser.rise((tx, asker) => vault.factorUse.usePasskey(tx, asker, assertion));
    await optionsOf(other);
    await expect(use(other)).rejects.toThrow('factors.refused');
    await later(5 * MINUTE + 1_000, () => expect(use(one)).rejects.toThrow('factors.not_begun'));
  });

  it('of somebody else is refused, and enrolled for nobody a second time', async () => {
    const [one, other] = [await withPasskey(), await withPasskey()];
    await other.signIn();
    const theirs = one.passkey.get(await optionsOf(other));
    await expect(other.rise((tx, asker) => vault.factorUse.usePasskey(tx, asker, theirs))).rejects.toThrow(
      'factors.refused',
    );
    const third = await somebody();
    const options = await third.ask((tx, asker) => vault.enrolment.beginPasskey(tx, asker));
    const made = one.passkey.create(options);
    await expect(third.rise((tx, asker) => vault.enrolment.finishPasskey(tx, asker, made))).rejects.toThrow(
      'factors.known_passkey',
    );
  });
});

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
    vault = await vault.restart();
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
  const admin = () => Member.appointed(vault, `admin-${++subjects}`, ['admin']);
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
    const owner = await Member.appointed(vault, `officer-${++subjects}`, ['privacy-officer']);
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

describe('the vectors of RFC 6238', () => {
  interface Vectors {
    readonly base32_sha1: string;
    readonly epochs: readonly number[];
    readonly expected: { readonly sha1: readonly string[] };
  }
  const FACTS: Vectors = {
    base32_sha1: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
    epochs: [59, 1_111_111_109, 20_000_000_000],
    expected: { sha1: ['94287082', '07081804', '65353130'] },
  };
  const FILE = new URL('../../../../../../shared/vectors/otp/rfc6238.json', import.meta.url);
  let vectors = FACTS;
  try {
    vectors = JSON.parse(readFileSync(FILE, 'utf8')) as Vectors;
  } catch {
    console.log('skipped: the whole of the RFC 6238 vectors, since ../shared is not here');
  }

  it('each code is that of its step, and good once', async () => {
    const { totpStepOf } = await import('./totp.js');
    vectors.epochs.forEach((epoch, at) => {
      // Eight digits there; six are the same number's last.
      const code = vectors.expected.sha1[at]?.slice(2) ?? '';
      const stepAt = (now: number) => totpStepOf(vectors.base32_sha1, code, now * 1_000);
      const step = Math.floor(epoch / 30);
      for (const away of [-30, 0, 30])
        expect([epoch, away, stepAt(epoch + away)]).toEqual([epoch, away, step]);
      for (const away of [-90, 90].filter((seconds) => epoch + seconds > 0))
        expect([epoch, away, stepAt(epoch + away)]).toEqual([epoch, away, null]);
    });
  });
});

/** A maker's attestation as WebAuthn Level 3, section 8.2.1 asks for it. */
async function attestation(): Promise<(signed: Buffer) => Statement> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'C=DE, O=Maker, OU=Authenticator Attestation, CN=Maker',
    signingAlgorithm: algorithm,
    keys,
    extensions: [new x509.BasicConstraintsExtension(false)],
  });
  const key = KeyObject.from(keys.privateKey);
  return (signed) =>
    new Map<string, number | Uint8Array | Uint8Array[]>([
      ['alg', -7],
      ['sig', new Uint8Array(sign('sha256', signed, key))],
      ['x5c', [new Uint8Array(certificate.rawData)]],
    ]);
}
