import { Abilities } from '@integument/authz';
import {
  type ConsentChanged,
  freezePermit,
  type GuardianshipId,
  openPermit,
  type PurposeName,
  pendingConsentEndings,
  requestLetters,
} from '@integument/contracts';
import { OutboxWorker } from '@integument/database';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { sessionContent, TestApi } from '../../../apps/api/src/api.fixture.js';
import { FREEZE_TOPIC, GateReconciler, LETTER_TOPIC } from '../../../apps/api/src/features/consent/index.js';
import { apiPolicies } from '../../../apps/api/src/platform/policies.js';
import { Family } from '../../../apps/vault/src/features/guardianships/family.fixture.js';
import { TestVault } from '../../../apps/vault/src/vault.fixture.js';
import { InProcessVault } from './in-process-vault.js';

const DAY = 86_400_000;

let vault: TestVault;
let api: TestApi;
let line: InProcessVault;
let outbox: OutboxWorker;
beforeAll(async () => {
  vault = await TestVault.open();
  line = new InProcessVault(vault);
  api = await TestApi.open(line.asClient());
  outbox = new OutboxWorker({
    unitOfWork: api.unitOfWork,
    handlers: {
      [FREEZE_TOPIC]: async (payload) => {
        await api.vault.call(freezePermit, { body: payload as never });
      },
      [LETTER_TOPIC]: async (payload) => {
        await api.vault.call(requestLetters, { body: { letters: [payload as never] } });
      },
    },
    onFailure: () => undefined,
    backoffMs: 0,
  });
});
afterEach(() => {
  vault.ahead = 0;
});
afterAll(async () => {
  await api.close();
  await vault.close();
});

/** A session at the data plane, and what is done in it. */
class Acting {
  constructor(private readonly secret: string) {}

  static async guardian(family: Family, name: GuardianshipId): Promise<Acting> {
    return new Acting(await api.openSession(await api.sessions.redeem(await family.code(name))));
  }

  static async child({ childId }: Family): Promise<Acting> {
    return new Acting(await api.openSession(sessionContent(await vault.sessionOf(childId))));
  }

  asker = () => api.asker(this.secret);
  give = async (purpose: PurposeName = 'ingest') =>
    api.consent.give(await this.asker(), purpose, api.agreementTo(purpose));
  withdraw = async (purpose: PurposeName = 'ingest') => api.takingBack.withdraw(await this.asker(), purpose);
  history = async (purpose: PurposeName = 'ingest') =>
    (await api.consents.history(await this.asker(), purpose)).events.map(
      ({ kind, channel }) => `${kind} ${channel}`,
    );
  list = async () => api.consents.list(await this.asker());
  state = async () => (await this.list()).find(({ purpose }) => purpose === 'ingest')?.state;
}

async function answering(purposes: PurposeName[] = ['ingest']) {
  const family = await Family.of(vault);
  const { guardianship } = await family.record(purposes);
  return { family, guardianship, guardian: await Acting.guardian(family, guardianship) };
}

const sayingOf = ({ receipt }: ConsentChanged) =>
  (
    JSON.parse(Buffer.from(receipt?.split('.')[1] ?? '', 'base64url').toString('utf8')) as {
      'dpv:hasRecordOfActivity': { 'dpv:hasConsentStatus': Record<string, string> };
    }
  )['dpv:hasRecordOfActivity']['dpv:hasConsentStatus'];

const lettersOf = (family: Family) =>
  vault.query<{ template: string }>(
    `SELECT template FROM letter WHERE person_id = $1 AND template LIKE 'consent-%'`,
    [family.childId],
  );

async function settled(): Promise<void> {
  while ((await outbox.work()) > 0);
}

describe('who answers for a child', () => {
  it('gives and withdraws for it, each with one request, and it is written that they did', async () => {
    const { guardian } = await answering();
    const given = await guardian.give();
    expect(given).toMatchObject({ state: 'open' });
    expect(sayingOf(given)).toMatchObject({
      'dpv:isIndicatedBy': 'dpv:GuardianOfDataSubject',
      'dpv:hasIndicationMethod': 'guardian',
    });
    expect((await guardian.withdraw()).state).toMatchObject({ state: 'frozen' });
    expect(await guardian.give()).toMatchObject({ state: 'open' });
    expect(await guardian.history()).toEqual(['given guardian', 'withdrawn guardian', 'renewed guardian']);
    const entries = (await api.entries()).filter(({ action }) => /^consent\.(give|withdraw)/.test(action));
    expect(entries.slice(-3).map(({ actor }) => actor.guardian)).toEqual([true, true, true]);
  });

  it('comes to no purpose that is not theirs, and to nothing but consents and reading', async () => {
    const { guardian, family } = await answering(['ingest']);
    const notGuarded = { code: 'consent.not_guarded', status: 403 };
    for (const purpose of ['recommendation', 'analytics', 'fault-finding'] as const) {
      await expect(guardian.give(purpose)).rejects.toMatchObject(notGuarded);
      await expect(guardian.withdraw(purpose)).rejects.toMatchObject(notGuarded);
      await expect(guardian.history(purpose)).rejects.toMatchObject(notGuarded);
    }
    expect((await guardian.list()).map(({ purpose }) => purpose)).toEqual(['ingest']);
    const { caller } = await guardian.asker();
    const rules = new Abilities(apiPolicies).abilityFor(caller).rules;
    expect(rules.map(({ action, subject }) => `${String(action)} ${String(subject)}`).sort()).toEqual(
      [
        ...['read', 'give', 'withdraw', 'refuse', 'acknowledge', 'object'].map((act) => `${act} Consent`),
        'read Product',
        'read Reading',
        'continue Session',
        'read Ability',
      ].sort(),
    );
    expect(await vault.query('SELECT 1 FROM permit WHERE person_id = $1', [family.childId])).toEqual([]);
  });

  it('is refused by the vault also where the data plane does not know of the limits', async () => {
    const { guardian, family, guardianship } = await answering();
    const redeemed = await family.session(guardianship);
    const { guardian: limits, ...content } = sessionContent(redeemed.session) as never as Record<
      string,
      unknown
    >;
    expect(limits).toBeUndefined();
    const forged = new Acting(await api.openSession(content as never));
    await expect(forged.give('analytics')).rejects.toMatchObject({ code: 'consent.not_guarded' });
    expect(guardian).toBeDefined();
  });
});

describe('a child', () => {
  it('is refused, and what waits for its erasure waits no longer for that', async () => {
    const { family, guardian } = await answering();
    const child = await Acting.child(family);
    await expect(child.give()).rejects.toMatchObject({ code: 'consent.under_age', status: 403 });
    expect(await child.state()).toBe('none');
    await guardian.give();
    await guardian.withdraw();
    await settled();
    const gate = () =>
      api.query<{ state: string; due_on: string }>(
        `SELECT state, due_on::text FROM permit_gate WHERE gate_id = (SELECT gate_id FROM permit_gate g
           WHERE g.state <> 'destroyed' ORDER BY due_on LIMIT 1)`,
      );
    await api.query(`UPDATE permit_gate SET due_on = current_date + 3 WHERE state = 'frozen'`);
    const before = await gate();
    for (let n = 0; n < 2; n++) await expect(child.give()).rejects.toThrow('consent.under_age');
    expect(await gate()).toEqual(before);
    expect(await child.state()).toBe('frozen');
  });

  it('takes back by itself what was agreed to for it', async () => {
    const { family, guardian } = await answering();
    await guardian.give();
    const child = await Acting.child(family);
    expect((await child.withdraw()).state).toMatchObject({ state: 'frozen' });
    expect(await child.history()).toEqual(['given guardian', 'withdrawn web']);
  });
});

describe('from the day on which the child is old enough', () => {
  async function grown() {
    const made = await answering();
    await made.guardian.give();
    vault.ahead = DAY;
    return made;
  }

  it('nobody else acts for it, its consent has ended, and it is asked anew', async () => {
    const { family, guardian, guardianship } = await grown();
    await expect(guardian.withdraw('analytics')).rejects.toThrow();
    await vault.guardianships.endDue(vault.unitOfWork);
    await expect(family.code(guardianship)).rejects.toThrow('guardianships.not_found');
    await expect(guardian.list()).rejects.toThrow();
    expect(await api.guardianshipEndings.carryOut()).toBeGreaterThan(0);
    await settled();
    expect(await lettersOf(family)).toEqual([{ template: 'consent-ended' }]);
    const child = await Acting.child(family);
    expect(await child.history()).toEqual(['given guardian', 'expired none']);
    expect(await child.give()).toMatchObject({ state: 'open' });
    expect(await api.guardianshipEndings.carryOut()).toBe(0);
    expect(await child.state()).toBe('open');
    expect(await child.history()).toEqual(['given guardian', 'expired none', 'renewed web']);
  });

  it.each([
    { route: pendingConsentEndings, fault: 'crash-before' },
    { route: pendingConsentEndings, fault: 'crash-after' },
    { route: pendingConsentEndings, fault: 'unanswered' },
    { route: freezePermit, fault: 'crash-before' },
    { route: freezePermit, fault: 'crash-after' },
    { route: freezePermit, fault: 'lost' },
    { route: freezePermit, fault: 'unanswered' },
  ] as const)(
    'all that is done in the end, where at $route.id it comes to: $fault',
    async ({ route, fault }) => {
      const { family } = await grown();
      await vault.guardianships.endDue(vault.unitOfWork);
      line.failNext(route, fault);
      await api.guardianshipEndings.carryOut().catch(() => 0);
      expect(line.hasFailed).toBe(true);
      await api.guardianshipEndings.carryOut();
      const gates = await vault.query('SELECT state, consent_ends FROM permit WHERE person_id = $1', [
        family.childId,
      ]);
      expect(gates).toEqual([{ state: 'frozen', consent_ends: false }]);
      await settled();
      expect(await lettersOf(family)).toEqual([{ template: 'consent-ended' }]);
      expect(await (await Acting.child(family)).history()).toEqual(['given guardian', 'expired none']);
    },
  );

  it('a yes that was still on its way does not stand', async () => {
    const { guardian, family } = await answering();
    const { underWay, release } = line.delayNext(openPermit);
    const given = guardian.give();
    await underWay;
    vault.ahead = DAY;
    await vault.guardianships.endDue(vault.unitOfWork);
    // The gate is still opening: it stays on the list.
    expect(await api.guardianshipEndings.carryOut()).toBe(0);
    release();
    await given;
    expect(await api.guardianshipEndings.carryOut()).toBe(1);
    expect(await (await Acting.child(family)).state()).toBe('frozen');
  });

  it('nor does one whose process ended, which the reconciler closes', async () => {
    const { guardian, family } = await answering();
    line.failNext(openPermit, 'crash-after');
    await expect(guardian.give()).rejects.toThrow();
    vault.ahead = DAY;
    await vault.guardianships.endDue(vault.unitOfWork);
    let now = 0;
    const reconciler = new GateReconciler(api.gates, api.outbox, api.unitOfWork, 60_000, () => now);
    await reconciler.run();
    now += 120_000;
    await reconciler.run();
    await settled();
    expect(await api.guardianshipEndings.carryOut()).toBe(0);
    const permits = await vault.query('SELECT state FROM permit WHERE person_id = $1', [family.childId]);
    expect(permits).toEqual([{ state: 'frozen' }]);
  });
});
