import { AuditLog } from '@integument/audit-log';
import type { Caller } from '@integument/authz';
import { CodedError, type SessionPseudonym, type SignInCode, type SignInId } from '@integument/contracts';
import {
  type Asker,
  type HttpRequest,
  SessionCallers,
  SessionCookieFormat,
  sessionLeasesOver,
} from '@integument/http';
import { proofCount } from '@integument/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { VaultPerson, VaultStaff } from '../../platform/callers.js';
import { API, TestVault } from '../../vault.fixture.js';
import { RegistryStore } from '../registry/index.js';
import { DataPlaneSessions } from './data-plane-sessions.js';
import { SessionEndings } from './session-endings.js';

let vault: TestVault;
beforeAll(async () => {
  vault = await TestVault.open();
});
afterAll(() => vault.close());

type InSession = VaultPerson | VaultStaff;
interface Signed {
  readonly secret: string;
  readonly asker: Asker<InSession>;
}

const run: TestVault['unitOfWork']['run'] = (work) => vault.unitOfWork.run(work);
const find = (secret: string) => run((tx) => vault.sessions.find(tx, secret));

async function signIn(subject: string, device = 'Firefox on Linux'): Promise<Signed> {
  const secret = await vault.beginSession(subject, { device });
  return { secret, asker: { requestId: 'req-sessions', caller: (await find(secret)) as InSession } };
}

async function signInStaff(subject: string): Promise<Signed> {
  const { asker } = await signIn(subject);
  const raised = await run((tx) => vault.sessions.raise(tx, asker.caller as VaultStaff, new Date()));
  return { secret: raised.secret, asker: { ...asker, caller: raised.caller } };
}

const codeOf = async ({ asker }: Signed): Promise<SignInCode> =>
  (await run((tx) => vault.signIn.issueCode(tx, asker))).code;
/** A session of the data plane that came of this sign-in. */
const redeem = async (signed: Signed) => {
  const code = await codeOf(signed);
  return (await run((tx) => vault.signIn.redeem(tx, API, code))).session as SessionPseudonym;
};
const endings = () => new SessionEndings(vault.sessionsStore, new AuditLog());
const sweep = () => vault.sessionsStore.deleteExpired(vault.unitOfWork);
const pending = async () => (await run((tx) => endings().pending(tx, API))).sessions;

describe('providers that settings take away', () => {
  const trust = (...providers: { id: string; staff: boolean }[]) =>
    run((tx) => vault.sessions.endOfOtherProviders(tx, providers));
  const lives = async ({ secret }: Signed) => (await find(secret)) !== null;

  it('take along what came of sign-ins at them, at the API too; of staff where they may have none any more', async () => {
    await vault.appoint('trusted', ['auditor']);
    const [person, member] = [await signIn('customer'), await signInStaff('trusted')];
    const ofApi = await redeem(member);
    const id = 'main';
    await trust({ id, staff: true }, { id: 'other', staff: false });
    expect([await lives(person), await lives(member)]).toEqual([true, true]);
    await trust({ id, staff: false });
    expect([await lives(person), await lives(member)]).toEqual([true, false]);
    expect(await pending()).toContain(ofApi);
    const entry = (await vault.entries()).findLast(({ action }) => action === 'sign_in.end_of_providers');
    expect(entry).toMatchObject({ actor: { kind: 'system', id: 'openid-providers' } });
    const { length } = await vault.entries();
    await trust({ id, staff: false });
    expect(await vault.entries()).toHaveLength(length);
    await trust({ id: 'other', staff: true });
    expect(await lives(person)).toBe(false);
  });
});

describe('where somebody is signed in', () => {
  it('shows them each of their sign-ins, and nobody else’s', async () => {
    const here = await signIn('lists', 'Firefox on Linux');
    await signIn('lists', 'Safari on iPhone');
    await signIn('others');
    const { sessions } = await run((tx) => vault.sessions.list(tx, here.asker));
    expect(sessions.map(({ device, current }) => [device, current]).sort()).toEqual([
      ['Firefox on Linux', true],
      ['Safari on iPhone', false],
    ]);
  });

  it('is ended one by one: with its codes, its session and those of the data plane', async () => {
    const here = await signIn('ends-one');
    const there = await signIn('ends-one');
    const [ofHere, ofThere] = [await redeem(here), await redeem(there)];
    const code = await codeOf(there);
    const { sessions } = await run((tx) => vault.sessions.list(tx, here.asker));
    const other = sessions.find(({ current }) => !current)?.session;
    if (!other) throw new Error('the other session is not listed');
    await run((tx) => vault.sessions.endOne(tx, here.asker, other as SignInId));
    expect(await find(there.secret)).toBeNull();
    expect(await find(here.secret)).not.toBeNull();
    await expect(run((tx) => vault.signIn.redeem(tx, API, code))).rejects.toThrow('sign_in.code_invalid');
    expect(await pending()).toContain(ofThere);
    expect(await pending()).not.toContain(ofHere);
  });

  it('is ended by its owner alone: somebody else’s is none', async () => {
    const owner = await signIn('owner');
    const thief = await signIn('thief');
    await vault.appoint('curious');
    const staff = await signInStaff('curious');
    const { sessions } = await run((tx) => vault.sessions.list(tx, owner.asker));
    for (const { asker } of [thief, staff])
      await expect(
        run((tx) => vault.sessions.endOne(tx, asker, sessions[0]?.session as never)),
      ).rejects.toThrow('sign_in.session_not_found');
    await run((tx) => vault.sessions.endOthers(tx, thief.asker));
    expect(await find(owner.secret)).not.toBeNull();
  });

  it('ends everywhere else at once', async () => {
    const here = await signIn('ends-others');
    const others = [await signIn('ends-others'), await signIn('ends-others')];
    await run((tx) => vault.sessions.endOthers(tx, here.asker));
    for (const { secret } of others) expect(await find(secret)).toBeNull();
    expect(await find(here.secret)).not.toBeNull();
  });

  it('goes on under a new secret when a factor is used: the data plane’s sessions stay', async () => {
    await vault.appoint('raises');
    const { asker, secret } = await signInStaff('raises');
    const session = await redeem({ secret, asker });
    const raised = await run((tx) => vault.sessions.raise(tx, asker.caller as VaultStaff, new Date()));
    expect(await find(secret)).toBeNull();
    expect(await pending()).not.toContain(session);
    await run((tx) => vault.sessions.signOut(tx, { ...asker, caller: raised.caller }));
    expect(await pending()).toContain(session);
  });
});

describe('a session that nobody uses', () => {
  const idleFor = (minutes: number, { asker }: Signed) =>
    vault.query("UPDATE vault_session SET used_at = now() - $1 * interval '1 minute' WHERE session = $2", [
      minutes,
      asker.caller.sessionDigest,
    ]);
  const usedAt = async ({ asker }: Signed) => {
    const sql = 'SELECT used_at FROM vault_session WHERE session = $1';
    const [row] = await vault.query<{ used_at: Date }>(sql, [asker.caller.sessionDigest]);
    return row?.used_at.getTime();
  };

  it('ends: a person’s after an hour, one of staff after a quarter', async () => {
    const person = await signIn('idle-person');
    await vault.appoint('idle-staff');
    const staff = await signInStaff('idle-staff');
    await idleFor(14.9, staff);
    expect(await find(staff.secret)).not.toBeNull();
    await idleFor(15.1, staff);
    await idleFor(59.9, person);
    expect([await find(staff.secret), (await find(person.secret))?.kind]).toEqual([null, 'person']);
    await idleFor(60.1, person);
    expect(await find(person.secret)).toBeNull();
  });

  it('stays ended, however often it is tried', async () => {
    const signed = await signIn('idle-tried');
    await idleFor(61, signed);
    for (let n = 0; n < 3; n++) expect(await find(signed.secret)).toBeNull();
  });

  it('and one that is used goes on, until twelve hours are over', async () => {
    const signed = await signIn('idle-used');
    await idleFor(30, signed);
    await find(signed.secret);
    await idleFor(0.5, signed);
    const noted = await usedAt(signed);
    await find(signed.secret);
    // Within the minute no use is written.
    expect(await usedAt(signed)).toBe(noted);
    expect(signed.asker.caller.expiresAt.getTime() - Date.now()).toBeLessThanOrEqual(12 * 3_600_000);
    await vault.query('UPDATE vault_session SET expires_at = now() WHERE session = $1', [
      signed.asker.caller.sessionDigest,
    ]);
    expect(await find(signed.secret)).toBeNull();
  });

  it('is swept away; what the data plane has of the sign-in is not', async () => {
    const signed = await signIn('idle-swept');
    const session = await redeem(signed);
    await idleFor(61, signed);
    await sweep();
    expect(await usedAt(signed)).toBeUndefined();
    expect(await pending()).not.toContain(session);
  });
});

describe('whatever ends an account or its rights, by whichever way, ends what came of its sign-ins', () => {
  it.each([
    ['other roles', `UPDATE staff SET roles = '{support}' WHERE account = $1`],
    ['a dismissal', 'DELETE FROM staff WHERE account = $1'],
  ])('%s', async (name, sql) => {
    const account = await vault.appoint(`loses-${name}`);
    const signed = await signInStaff(`loses-${name}`);
    const session = await redeem(signed);
    await vault.query(sql, [account]);
    expect(await find(signed.secret)).toBeNull();
    expect(await pending()).toContain(session);
  });

  it('and the same roles once more end nothing', async () => {
    const account = await vault.appoint('keeps-roles');
    const signed = await signInStaff('keeps-roles');
    await vault.query(`UPDATE staff SET roles = roles WHERE account = $1`, [account]);
    expect(await find(signed.secret)).not.toBeNull();
  });
});

describe('the data plane', () => {
  it('is told until it has confirmed, and not after', async () => {
    const signed = await signIn('confirms');
    const session = await redeem(signed);
    await run((tx) => vault.sessions.signOut(tx, signed.asker));
    expect(await pending()).toContain(session);
    for (let n = 0; n < 2; n++) await run((tx) => endings().confirm(tx, API, [session]));
    expect(await pending()).not.toContain(session);
  });

  it('has ended it only when it says so', async () => {
    const waits = new DataPlaneSessions(vault.sessionsStore, vault.unitOfWork, 200);
    const signed = await signIn('waits');
    const session = await redeem(signed);
    const { owner } = await run((tx) => vault.sessions.signOut(tx, signed.asker));
    expect(await waits.ended(owner)).toBe('here');
    // Asked again it still has not, although the second request ends nothing.
    const other = await signIn('waits');
    await run((tx) => vault.sessions.endOthers(tx, other.asker));
    expect(await waits.ended(owner)).toBe('here');
    const later = new DataPlaneSessions(vault.sessionsStore, vault.unitOfWork, 10_000).ended(owner);
    await run((tx) => endings().confirm(tx, API, [session]));
    expect(await later).toBe('everywhere');
  });

  it('gets no session of a sign-in that ends at the same time without hearing of its end (CVE-2026-1035, Keycloak)', async () => {
    for (let round = 0; round < proofCount(20, 200); round++) {
      const signed = await signIn(`races-${round}`);
      const code = await codeOf(signed);
      const [redeemed] = await Promise.allSettled([
        run((tx) => vault.signIn.redeem(tx, API, code)),
        run((tx) => vault.sessions.signOut(tx, signed.asker)),
      ]);
      if (redeemed.status === 'rejected') continue;
      const session = redeemed.value.session as SessionPseudonym;
      expect(await pending()).toContain(session);
      await run((tx) => endings().confirm(tx, API, [session]));
    }
  });
});

describe('however often somebody signs in', () => {
  it('the oldest of their sign-ins end', async () => {
    const first = await signIn('collects');
    for (let n = 0; n < 128; n++) await vault.beginSession('collects');
    expect(await find(first.secret)).toBeNull();
    const { sessions } = await run((tx) => vault.sessions.list(tx, first.asker));
    expect(sessions).toHaveLength(128);
  });

  it('and however many sessions of the data plane they make of one, the oldest of these', async () => {
    const signed = await signIn('redeems');
    const made: SessionPseudonym[] = [];
    for (let n = 0; n < 7; n++) made.push(await redeem(signed));
    const ended = await pending();
    expect(made.map((session) => ended.includes(session))).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
      false,
    ]);
  });
});

describe('what happens to one sign-in at the same time', () => {
  it('waits for each other and never gives up', async () => {
    for (let round = 0; round < proofCount(15, 100); round++) {
      const name = `busy-${round}`;
      const account = await vault.appoint(name);
      const signed = await signInStaff(name);
      const codes = [await codeOf(signed), await codeOf(signed)];
      await vault.query(`UPDATE vault_session SET used_at = now() - interval '2 minutes' WHERE staff = $1`, [
        account,
      ]);
      const outcomes = await Promise.allSettled([
        ...codes.map((code) => run((tx) => vault.signIn.redeem(tx, API, code))),
        run(async (tx) => {
          // As whoever uses a factor has locked it by then.
          await vault.factorsStore.lockAccount(tx, account);
          return vault.sessions.raise(tx, signed.asker.caller as VaultStaff, new Date());
        }),
        round % 3 === 0
          ? run((tx) => vault.sessions.signOut(tx, signed.asker))
          : round % 3 === 1
            ? vault.query(`UPDATE staff SET roles = '{support}' WHERE account = $1`, [account])
            : run((tx) => new RegistryStore().replaceStaff(tx, [])),
        sweep(),
      ]);
      const odd = outcomes.flatMap((one) =>
        one.status === 'rejected' && !(one.reason instanceof CodedError) ? [String(one.reason)] : [],
      );
      expect(odd).toEqual([]);
    }
  });
});

describe('two replicas', () => {
  const cookies = new SessionCookieFormat('session', 'http://127.0.0.1');
  const replica = () => new SessionCallers(cookies, vault.sessions, vault.unitOfWork);
  const request = (secret: string) =>
    ({ headers: { cookie: `session=${secret}` } }) as unknown as HttpRequest;
  const asks = async (at: SessionCallers, secret: string): Promise<Caller | null> => {
    try {
      return await at.resolve(request(secret));
    } catch {
      return null;
    }
  };

  it('that could be no session’s are not looked up', async () => {
    let looks = 0;
    const finder = { find: () => Promise.resolve(void looks++ as never) };
    const callers = new SessionCallers(cookies, finder, vault.unitOfWork);
    const { secret } = await signIn('well-formed');
    for (const wrong of ['x', `${secret}A`, 'A'.repeat(10_000), `${secret.slice(0, -1)}.`])
      expect(await asks(callers, wrong)).toBeNull();
    expect(looks).toBe(0);
    await asks(callers, secret);
    expect(looks).toBe(1);
  });

  it('let nobody in after a sign-out was answered, however hard they are asked meanwhile', async () => {
    const replicas = [replica(), replica()];
    let early = 0;
    for (let round = 0; round < proofCount(10, 60); round++) {
      const { secret, asker } = await signIn(`hammered-${round}`);
      let answered = false;
      const late: Caller[] = [];
      // Each second round finds the session unknown to both replicas, the others find it in use.
      if (round % 2 === 1) for (const at of replicas) if (await asks(at, secret)) early++;
      const hammer = async (at: SessionCallers) => {
        for (let after = 0; after < 20; ) {
          const asked = answered;
          const caller = await asks(at, secret);
          if (asked) after++;
          if (caller && asked) late.push(caller);
          if (caller) early++;
          await new Promise((resolve) => setImmediate(resolve));
        }
      };
      const hammering = [...replicas, ...replicas].map(hammer);
      await new Promise((resolve) => setTimeout(resolve, 5 * (round % 4)));
      await run((tx) => vault.sessions.signOut(tx, asker));
      await sessionLeasesOver();
      answered = true;
      await Promise.all(hammering);
      expect(late).toEqual([]);
    }
    expect(early).toBeGreaterThan(0);
  });

  it('ask the database once for what comes within a lease', async () => {
    const { secret } = await signIn('leased');
    const at = replica();
    await asks(at, secret);
    // Only what is looked up comes as a promise.
    expect(at.resolve(request(secret))).toMatchObject({ kind: 'person' });
  });
});
