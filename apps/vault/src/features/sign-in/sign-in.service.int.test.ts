import type { SignInCode } from '@integument/contracts';
import { encodeId, randomId } from '@integument/crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { VaultPerson, VaultStaff } from '../../platform/callers.js';
import { API, TestVault } from '../../vault.fixture.js';

let vault: TestVault;
beforeAll(async () => {
  vault = await TestVault.open();
});
afterAll(() => vault.close());

const run: TestVault['unitOfWork']['run'] = (work) => vault.unitOfWork.run(work);
const begin = (subject: string) => vault.beginSession(subject);
const find = (secret: string) => run((tx) => vault.sessions.find(tx, secret));
const redeem = (code: SignInCode) => run((tx) => vault.signIn.redeem(tx, API, code));

async function signedIn(subject: string) {
  const secret = await begin(subject);
  const caller = (await find(secret)) as VaultPerson;
  return { secret, asker: { caller, requestId: `req-${subject}` } };
}
async function issueCode(subject: string): Promise<SignInCode> {
  const { asker } = await signedIn(subject);
  return (await run((tx) => vault.signIn.issueCode(tx, asker))).code;
}

describe('a sign-in code', () => {
  it('is redeemed once, however many try at the same time', async () => {
    const code = await issueCode('many');
    const before = await countSessions();
    const outcomes = await Promise.allSettled(Array.from({ length: 100 }, () => redeem(code)));
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused).toHaveLength(99);
    for (const { reason } of refused) expect(reason).toMatchObject({ code: 'sign_in.code_invalid' });
    expect(await countSessions()).toBe(before + 1);
  });

  it('is worth nothing after a minute, or once its session has ended', async () => {
    const late = await issueCode('late');
    await vault.query("UPDATE sign_in_code SET expires_at = now() - interval '1 second'");
    await expect(redeem(late)).rejects.toThrow('sign_in.code_invalid');
    const { asker } = await signedIn('left');
    const { code } = await run((tx) => vault.signIn.issueCode(tx, asker));
    await run((tx) => vault.sessions.signOut(tx, asker));
    await expect(redeem(code)).rejects.toThrow('sign_in.code_invalid');
  });

  it('makes no session beside an erasure that has just listed them', async () => {
    const { asker } = await signedIn('leaving');
    const { code } = await run((tx) => vault.signIn.issueCode(tx, asker));
    const before = await countSessions();
    let redeemed: Promise<unknown> = Promise.resolve();
    await run(async (tx) => {
      await vault.erasures.request(tx, asker, asker.caller.personId);
      redeemed = Promise.allSettled([redeem(code)]);
      // Either it waits for the erasure, or it is through by now and too late to be refused.
      await Promise.race([redeemed, new Promise((resolve) => setTimeout(resolve, 300))]);
    });
    expect(await redeemed).toMatchObject([{ status: 'rejected', reason: { code: 'sign_in.code_invalid' } }]);
    expect(await countSessions()).toBe(before);
  });

  it('of staff that was issued before a second factor was used carries nothing over (CVE-2025-64103, Zitadel)', async () => {
    await vault.appoint('one-factor');
    const { asker } = await signedIn('one-factor');
    const { code } = await run((tx) => vault.signIn.issueCode(tx, asker));
    await expect(redeem(code)).rejects.toThrow('sign_in.code_invalid');
  });

  it('that nobody issued is refused in the same words', async () => {
    await expect(redeem(encodeId('sic', randomId()) as SignInCode)).rejects.toThrow('sign_in.code_invalid');
  });

  it('stands in the database only as a digest', async () => {
    const code = await issueCode('digest');
    const [row] = await vault.query<{ text: string }>(
      "SELECT string_agg(c::text, '') AS text FROM sign_in_code c",
    );
    expect(row?.text).not.toContain(code.slice(4));
    expect(row?.text).not.toContain(Buffer.from(code).toString('hex'));
  });
});

describe('the vault’s log', () => {
  const newest = async () => (await vault.entries()).findLast(({ action }) => action === 'sign_in.redeem');

  it('says which session of the API a member of staff got, and of no person', async () => {
    const account = await vault.appoint('olivia');
    const first = (await signedIn('olivia')).asker.caller;
    const { caller } = await run((tx) =>
      vault.sessions.raise(tx, first as unknown as VaultStaff, new Date()),
    );
    const { code } = await run((tx) => vault.signIn.issueCode(tx, { caller, requestId: 'req-staff' }));
    const { session, kind } = await redeem(code);
    expect(kind).toBe('staff');
    const details = { staff: account.toString('hex') };
    expect(await newest()).toMatchObject({ object: session, details, actor: { kind: 'process', id: 'api' } });
    await redeem(await issueCode('alice'));
    const ofPerson = await newest();
    expect(ofPerson?.subject).toMatch(/^[\w-]{43}$/);
    expect([ofPerson?.object, ofPerson?.details]).toEqual([undefined, undefined]);
  });
});

describe('somebody who is being erased', () => {
  const erase = (personId: Buffer) => run((tx) => vault.erasures.request(tx, API, personId));
  const sessionsOf = async (erasure: string) => {
    const { erasures } = await vault.unitOfWork.run((tx) => vault.erasures.pending(tx, API));
    return erasures.find((one) => one.erasure === erasure)?.sessions;
  };

  it('gets no session of the data plane that the erasure does not end', async () => {
    const { asker } = await signedIn('going');
    const { code } = await run((tx) => vault.signIn.issueCode(tx, asker));
    let erasing: ReturnType<typeof erase> | undefined;
    const { session } = await run(async (tx) => {
      const redeemed = await vault.signIn.redeem(tx, API, code);
      erasing = erase(asker.caller.personId);
      await Promise.race([erasing, new Promise((resolve) => setTimeout(resolve, 100))]);
      return redeemed;
    });
    expect(await sessionsOf((await erasing)?.erasure ?? '')).toEqual([session]);
  });

  it('redeems no code any more', async () => {
    const { asker } = await signedIn('left-already');
    const { code } = await run((tx) => vault.signIn.issueCode(tx, asker));
    await erase(asker.caller.personId);
    await expect(redeem(code)).rejects.toThrow('sign_in.code_invalid');
  });
});

describe('a session', () => {
  it('lets in who holds its secret, and nobody with what the table holds', async () => {
    const { secret, asker } = await signedIn('ada');
    expect((await find(secret))?.kind).toBe('person');
    const digest = asker.caller.sessionDigest.toString('base64url');
    expect(await find(digest)).toBeNull();
    for (const wrong of ['', 'x', `${secret}A`, secret.slice(1), '%'.repeat(43)])
      expect(await find(wrong)).toBeNull();
  });

  it('ends when it is ended, or when its time is up', async () => {
    const first = await signedIn('bea');
    await run((tx) => vault.sessions.signOut(tx, first.asker));
    expect(await find(first.secret)).toBeNull();
    const second = await signedIn('bea');
    await vault.query("UPDATE vault_session SET expires_at = now() - interval '1 second'");
    expect(await find(second.secret)).toBeNull();
  });

  it('of an unknown account enrols one person, also when it signs in twice at once', async () => {
    const outcomes = await Promise.allSettled([begin('cleo'), begin('cleo'), begin('cleo')]);
    expect(outcomes.some(({ status }) => status === 'fulfilled')).toBe(true);
    const again = await signedIn('cleo');
    const ids = await Promise.all(
      outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [find(outcome.value)] : [])),
    );
    for (const caller of ids) expect((caller as VaultPerson).personId).toEqual(again.asker.caller.personId);
    const [orphans] = await vault.query(`SELECT count(*)::int AS count FROM person p
      WHERE NOT EXISTS (SELECT FROM account a WHERE a.person_id = p.person_id)`);
    expect(orphans).toEqual({ count: 0 });
  });
});

async function countSessions(): Promise<number> {
  const [row] = await vault.query<{ count: number }>('SELECT count(*)::int AS count FROM api_session');
  return row?.count ?? 0;
}
