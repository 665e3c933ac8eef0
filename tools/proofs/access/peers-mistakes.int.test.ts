import { useTotp } from '@integument/contracts';
import { proofCount } from '@integument/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  MisbehavingProvider,
  newKey,
} from '../../../apps/vault/src/features/sign-in/misbehaving-provider.fixture.js';
import { RunningVault } from '../../../apps/vault/src/features/sign-in/running-vault.fixture.js';
import { Tab } from '../../../apps/vault/src/features/sign-in/tab.fixture.js';
import { Member } from '../../../apps/vault/src/member.fixture.js';
import { TestVault } from '../../../apps/vault/src/vault.fixture.js';

// What went wrong at products that do a part of what Integument does, tried here. Where a feature's own test does that already, it
// names the peer in its title; docs/asvs.md lists them all.

let vault: TestVault;
beforeAll(async () => {
  vault = await TestVault.open();
});
afterAll(() => vault.close());
beforeEach(() => {
  vault.ahead = 0;
});

let members = 0;
const somebody = () => Member.appointed(vault, `peer-${++members}`);
async function withTotp(): Promise<Member> {
  const member = await somebody();
  await member.enrolTotp();
  // Past the code that enrolled it.
  vault.ahead += 600_000;
  return member;
}
const alive = (secret: string) => vault.unitOfWork.run((tx) => vault.sessions.find(tx, secret));

// Vault trimmed a TOTP code before it checked it and not before it looked whether it had been used or how often somebody had guessed:
// with a blank in it a used code was good again, and guesses weren't counted.
describe('another writing of a TOTP code (CVE-2025-6014, HashiCorp Vault)', () => {
  const digits = (text: string, zero: number) =>
    text.replace(/\d/g, (digit) => String.fromCodePoint(zero + Number(digit)));
  const writings = (code: string) => [
    ` ${code}`,
    `${code} `,
    `${code}\t`,
    `${code}\u00a0`,
    `${code}\u200b`,
    `\ufeff${code}`,
    `${code.slice(0, 3)} ${code.slice(3)}`,
    digits(code, 0x660),
    digits(code, 0x966),
    digits(code, 0xff10),
    digits(code, 0x1d7ce),
  ];
  const guesses = async ({ asker }: Member) => {
    const sql = 'SELECT failures FROM factor_attempts WHERE account = $1';
    const [row] = await vault.query<{ failures: number }>(sql, [Buffer.from(asker.caller.id, 'hex')]);
    return row?.failures ?? 0;
  };

  it('gets in at no door, is no second use of a used code, and counts as a guess', async () => {
    const member = await withTotp();
    const code = member.code();
    await (await member.elsewhere()).useTotp(code);
    for (const text of writings(code)) {
      expect([text, useTotp.body?.safeParse({ code: text }).success]).toEqual([text, false]);
      await vault.query('DELETE FROM factor_attempts');
      await expect((await member.elsewhere()).useTotp(text), JSON.stringify(text)).rejects.toThrow(
        'factors.refused',
      );
      expect([text, await guesses(member)]).toEqual([text, 1]);
    }
  });
});

// At Kratos a session that had to be raised reached what wanted the higher level by way of another flow: settings for accounts with
// some kinds of factors (CVE-2024-45042), or one factor used as both (ory/kratos#4317).
describe('what another flow left behind (CVE-2024-45042, Ory Kratos)', () => {
  it('a challenge to use a passkey enrols none, and one to enrol is no use', async () => {
    const bare = await somebody();
    const { enrolment, factorUse } = vault;
    const creation = await bare.ask((tx, asker) => enrolment.beginPasskey(tx, asker));
    const toUse = await bare.ask((tx, asker) => factorUse.beginPasskey(tx, asker));
    await vault.query("DELETE FROM factor_challenge WHERE purpose = 'enrol'");
    const made = bare.passkey.create({ ...creation, challenge: toUse.challenge });
    await expect(bare.rise((tx, asker) => enrolment.finishPasskey(tx, asker, made))).rejects.toThrow(
      'factors.not_begun',
    );
    const owner = await somebody();
    await owner.enrolPasskey();
    const again = await owner.ask((tx, asker) => enrolment.beginPasskey(tx, asker));
    const asked = await owner.ask((tx, asker) => factorUse.beginPasskey(tx, asker));
    await vault.query("DELETE FROM factor_challenge WHERE purpose = 'use'");
    const assertion = owner.passkey.get({ ...asked, challenge: again.challenge });
    await expect(owner.rise((tx, asker) => factorUse.usePasskey(tx, asker, assertion))).rejects.toThrow(
      'factors.not_begun',
    );
  });

  it('an app that somebody began to enrol is none yet: its codes raise no session', async () => {
    const owner = await somebody();
    await owner.enrolTotp();
    const begun = await owner.ask((tx, asker) => vault.enrolment.beginTotp(tx, asker));
    const half = await owner.elsewhere();
    half.totpSecret = begun.secret;
    await expect(half.useTotp()).rejects.toThrow('factors.refused');
    expect(half.asker.caller.secondFactorAt).toBeUndefined();
  });
});

// At Keycloak a refresh that ran beside a logout, a revocation or another refresh left tokens that lived on (CVE-2026-1035,
// keycloak/keycloak#51312).
describe('a session that is renewed while it ends (CVE-2026-1035, Keycloak)', () => {
  it('is ended under its new secret, too, whichever came first', async () => {
    let renewed = 0;
    for (let round = 0; round < proofCount(30, 300); round++) {
      const member = await somebody();
      const { caller } = member.asker;
      const raise = () => vault.unitOfWork.run((tx) => vault.sessions.raise(tx, caller, new Date()));
      const end = () => vault.unitOfWork.run((tx) => vault.sessions.signOut(tx, member.asker));
      const [raised, ended] = await Promise.allSettled(
        round % 2 ? [raise(), end()] : [end(), raise()].reverse(),
      );
      expect(ended?.status).toBe('fulfilled');
      expect(await alive(member.secret)).toBeNull();
      if (raised?.status !== 'fulfilled') continue;
      renewed++;
      expect(await alive((raised.value as { secret: string }).secret)).toBeNull();
    }
    expect(renewed).toBeGreaterThan(0);
  });

  it('is renewed once, however many ask for it at the same time', async () => {
    const member = await somebody();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, () =>
        vault.unitOfWork.run((tx) => vault.sessions.raise(tx, member.asker.caller, new Date())),
      ),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});

// ShellHub's API wrote the user as it was stored, with the secret of their app and their recovery codes (shellhub-io/shellhub#3799).
describe('what a factor is made of (ShellHub)', () => {
  it('is shown once, in no list, no audit entry and no row', async () => {
    const member = await withTotp();
    await member.useTotp();
    const { codes } = await member.ask((tx, asker) => vault.factors.makeRecoveryCodes(tx, asker));
    const shown = [
      await member.ask((tx, asker) => vault.factors.list(tx, asker)),
      await member.ask((tx, asker) => vault.sessions.list(tx, asker)),
      await vault.entries(),
    ];
    const rows = await vault.query(
      `SELECT (SELECT string_agg(encode(wrapped, 'escape'), ' ') FROM factor) AS apps,
         (SELECT string_agg(encode(code, 'escape'), ' ') FROM recovery_code) AS codes`,
    );
    const text = JSON.stringify([shown, rows]);
    for (const secret of [member.totpSecret, ...codes, ...codes.map((code) => code.replaceAll('-', ''))])
      expect(text.includes(secret)).toBe(false);
    expect(text).toContain('totp');
  });
});

describe('an account of a provider', () => {
  let main: MisbehavingProvider;
  let elsewhere: MisbehavingProvider;
  let running: RunningVault;
  beforeAll(async () => {
    main = await MisbehavingProvider.start();
    elsewhere = await MisbehavingProvider.start();
    running = await RunningVault.start(main.settings());
  });
  afterAll(async () => {
    main.close();
    elsewhere.close();
    await running.close();
  });
  beforeEach(() => main.reset());

  async function signIn(subject: string): Promise<Tab> {
    main.subject = subject;
    const tab = new Tab(running);
    expect(await tab.signIn()).toBe('303');
    return tab;
  }

  // Many relying parties knew an account by its address. Where the provider lets anybody write one into their profile, that was
  // anybody's account there.
  it('is known by issuer and subject, whatever else the token says of it (nOAuth)', async () => {
    await running.appoint(main.issuer, 'olivia', 'auditor');
    expect(await (await signIn('olivia')).whoAmI()).toBe('auditor');
    await signIn('anna');
    const before = await running.rows();
    for (const victim of ['olivia', 'anna']) {
      const names = ['email', 'preferred_username', 'upn', 'name', 'nickname', 'oid', 'uid', 'user_id', 'id'];
      const claims = Object.fromEntries(names.map((name) => [name, victim]));
      const roles = {
        roles: ['admin'],
        groups: ['admin'],
        email_verified: true,
        realm_access: { roles: ['admin'] },
      };
      main.misbehaviour = { claims: (own) => ({ ...own, ...claims, ...roles }) };
      expect(await (await signIn('mallory')).whoAmI()).toBe('person');
    }
    const { people, accounts } = await running.rows();
    expect([people - before.people, accounts - before.accounts]).toEqual([1, 1]);
  });

  // authentik believed whoever sent it an X-Forwarded-For: policies by network were passed, and the logs said what one liked
  // (CVE-2023-36456).
  it('comes from where it comes from, whatever its headers say (CVE-2023-36456, authentik)', async () => {
    await running.appoint(main.issuer, 'arthur', 'auditor');
    const tab = await signIn('arthur');
    const said = Object.fromEntries(
      ['x-forwarded-for', 'x-real-ip', 'x-client-ip', 'true-client-ip', 'cf-connecting-ip'].map((name) => [
        name,
        '203.0.113.9',
      ]),
    );
    const cookie = [...tab.cookies].map((pair) => pair.join('=')).join('; ');
    await fetch(`${running.url}/v1/sign-out`, {
      method: 'POST',
      headers: { ...said, forwarded: 'for=203.0.113.9', cookie, origin: running.url },
    });
    const log = (await running.auditLog()).filter((entry) => entry.includes('"sign_in.sign_out"'));
    expect(log).toEqual([expect.stringContaining('"127.0.0.0/24"')]);
    expect(log.join()).not.toContain('203.0.113');
  });

  // A token that names its own key, or the address of one, was believed, and the address fetched: a way in, and a way to have a
  // server ask for anything (CVE-2018-0114 and its like).
  it('is not what a token says whose key stands in its own header, and nobody asks for what it points to', async () => {
    await signIn('somebody');
    const own = await newKey(main.key.kid);
    elsewhere.reset();
    for (const header of [
      { jku: `${elsewhere.issuer}/jwks` },
      { x5u: `${elsewhere.issuer}/cert.pem` },
      { jwk: own.publicJwk },
      { jku: `${elsewhere.issuer}/jwks`, kid: 'another' },
    ]) {
      main.misbehaviour = { sign: (claims) => main.sign(claims, own, header) };
      expect([header, await new Tab(running).signIn()]).toEqual([header, '400 sign_in.refused']);
    }
    expect(elsewhere.asked).toEqual([]);
  });
});
