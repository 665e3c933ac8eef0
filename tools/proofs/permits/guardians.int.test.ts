import { Abilities } from '@integument/authz';
import {
  freezePermit,
  openPermit,
  PURPOSE_NAMES,
  type PurposeName,
  pendingConsentEndings,
} from '@integument/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { sessionContent } from '../../../apps/api/src/api.fixture.js';
import { apiPolicies } from '../../../apps/api/src/platform/policies.js';
import { Family } from '../../../apps/vault/src/features/guardianships/family.fixture.js';
import { PersonSession } from './person-session.js';
import { recordOf } from './receipt-reading.js';
import { tolerating } from './tolerating.js';
import { TwoPlanes } from './two-planes.js';

const DAY = 86_400_000;
/** What who answers for a child sees of each purpose. */
const READS: Readonly<Record<PurposeName, string>> = {
  ingest: 'read Reading',
  recommendation: 'read Recommendation',
  analytics: 'read CohortFact',
  'fault-finding': 'read Fault',
};

let planes: TwoPlanes;
beforeAll(async () => {
  planes = await TwoPlanes.open();
});
afterEach(() => {
  planes.vault.ahead = 0;
});
afterAll(() => planes.close());

async function answering(purposes: PurposeName[] = ['ingest']) {
  const { vault, api } = planes;
  const family = await Family.of(vault);
  const { guardianship } = await family.record(purposes);
  const code = await family.code(guardianship);
  const guardian = await PersonSession.redeem(vault, api, family.childId, code);
  return { family, guardianship, guardian };
}

const lettersOf = (family: Family) =>
  planes.vault.query<{ template: string }>(
    `SELECT template FROM letter WHERE person_id = $1 AND template LIKE 'consent-%'`,
    [family.childId],
  );

describe('who answers for a child', () => {
  it('gives and withdraws for it, each with one request, and it is written that they did', async () => {
    const { guardian } = await answering();
    const given = await guardian.give();
    expect(given).toMatchObject({ state: 'open' });
    expect(recordOf(given)['dpv:hasConsentStatus']).toMatchObject({
      'dpv:isIndicatedBy': 'dpv:GuardianOfDataSubject',
      'dpv:hasIndicationMethod': 'guardian',
    });
    expect((await guardian.withdraw()).state).toBe('frozen');
    expect(await guardian.give()).toMatchObject({ state: 'open' });
    expect(await guardian.expressed()).toEqual(['given guardian', 'withdrawn guardian', 'renewed guardian']);
    const entries = (await planes.api.entries()).filter(({ action }) =>
      /^consent\.(give|withdraw)/.test(action),
    );
    expect(entries.slice(-3).map(({ actor }) => actor.guardian)).toEqual([true, true, true]);
  });

  it('comes to no purpose that is not theirs', async () => {
    const { guardian, family } = await answering(['ingest']);
    const notGuarded = { code: 'consent.not_guarded', status: 403 };
    for (const purpose of ['recommendation', 'analytics', 'fault-finding'] as const) {
      await expect(guardian.give(purpose)).rejects.toMatchObject(notGuarded);
      await expect(guardian.withdraw(purpose)).rejects.toMatchObject(notGuarded);
      await expect(guardian.history(purpose)).rejects.toMatchObject(notGuarded);
    }
    expect((await guardian.list()).map(({ purpose }) => purpose)).toEqual(['ingest']);
    expect(await planes.vault.query('SELECT 1 FROM permit WHERE person_id = $1', [family.childId])).toEqual(
      [],
    );
  });

  it.each(PURPOSE_NAMES)('comes to nothing of %s but consents and reading', async (purpose) => {
    const { guardian } = await answering([purpose]);
    const { caller } = await guardian.asker();
    const { rules } = new Abilities(apiPolicies).abilityFor(caller);
    expect(rules.map(({ action, subject }) => `${String(action)} ${String(subject)}`).sort()).toEqual(
      [
        ...['read', 'give', 'withdraw', 'refuse', 'acknowledge', 'object'].map((act) => `${act} Consent`),
        ...['read Product', READS[purpose], 'continue Session', 'read Ability'],
      ].sort(),
    );
  });

  it('is refused by the vault also where the data plane does not know of the limits', async () => {
    const { family, guardianship } = await answering();
    const { session } = await family.session(guardianship);
    const { api, vault } = planes;
    const secret = await api.openSession(sessionContent(session));
    const forged = new PersonSession(vault, api, family.childId, secret);
    expect(await forged.list()).toHaveLength(PURPOSE_NAMES.length);
    await expect(forged.give('analytics')).rejects.toMatchObject({ code: 'consent.not_guarded' });
    expect(await forged.give('ingest')).toMatchObject({ state: 'open' });
  });
});

describe('a child', () => {
  it('is refused, and what waits for its erasure waits no longer for that', async () => {
    const { family, guardian } = await answering();
    const child = await planes.signIn(family.childId);
    await expect(child.give()).rejects.toMatchObject({ code: 'consent.under_age', status: 403 });
    expect(await child.state()).toBe('none');
    await guardian.give();
    await guardian.withdraw();
    await planes.settle();
    const [permit] = await child.permits();
    const gate = () =>
      planes.api.query('SELECT state, due_on::text FROM permit_gate WHERE gate_id = $1', [permit?.gate_id]);
    await planes.api.query('UPDATE permit_gate SET due_on = current_date + 3 WHERE gate_id = $1', [
      permit?.gate_id,
    ]);
    const before = await gate();
    for (let n = 0; n < 2; n++) await expect(child.give()).rejects.toThrow('consent.under_age');
    expect(before).toMatchObject([{ state: 'frozen' }]);
    expect(await gate()).toEqual(before);
    expect(await child.state()).toBe('frozen');
  });

  it('takes back by itself what was agreed to for it', async () => {
    const { family, guardian } = await answering();
    await guardian.give();
    const child = await planes.signIn(family.childId);
    expect((await child.withdraw()).state).toBe('frozen');
    expect(await child.expressed()).toEqual(['given guardian', 'withdrawn web']);
  });
});

describe('from the day on which the child is old enough', () => {
  async function grown() {
    const made = await answering();
    await made.guardian.give();
    planes.vault.ahead = DAY;
    return made;
  }

  it('nobody else acts for it, its consent has ended, and it is asked anew', async () => {
    const { family, guardian, guardianship } = await grown();
    await planes.vault.guardianships.endDue(planes.vault.unitOfWork);
    await expect(family.code(guardianship)).rejects.toThrow('guardianships.not_found');
    await expect(guardian.list()).rejects.toMatchObject({ code: 'consent.superseded' });
    await planes.sessionEndings.carryOut();
    for (const deed of ['give', 'withdraw', 'list', 'history'] as const)
      await expect(guardian[deed]()).rejects.toThrow('the session is over');
    expect(await planes.api.guardianshipEndings.carryOut()).toBeGreaterThan(0);
    await planes.settle();
    expect(await lettersOf(family)).toEqual([{ template: 'consent-ended' }]);
    const child = await planes.signIn(family.childId);
    expect(await child.expressed()).toEqual(['given guardian', 'expired none']);
    expect(await child.give()).toMatchObject({ state: 'open' });
    expect(await planes.api.guardianshipEndings.carryOut()).toBe(0);
    expect(await child.state()).toBe('open');
    expect(await child.expressed()).toEqual(['given guardian', 'expired none', 'renewed web']);
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
      await planes.vault.guardianships.endDue(planes.vault.unitOfWork);
      planes.line.failNext(route, fault);
      expect(await tolerating(planes.api.guardianshipEndings.carryOut())).not.toBe('answered');
      expect(planes.line.hasFailed).toBe(true);
      await planes.api.guardianshipEndings.carryOut();
      const gates = await planes.vault.query('SELECT state, consent_ends FROM permit WHERE person_id = $1', [
        family.childId,
      ]);
      expect(gates).toEqual([{ state: 'frozen', consent_ends: false }]);
      await planes.settle();
      expect(await lettersOf(family)).toEqual([{ template: 'consent-ended' }]);
      expect(await (await planes.signIn(family.childId)).expressed()).toEqual([
        'given guardian',
        'expired none',
      ]);
    },
  );

  it('a yes that was still on its way does not stand', async () => {
    const { guardian, family } = await answering();
    const { underWay, release } = planes.line.delayNext(openPermit);
    const given = guardian.give();
    await underWay;
    planes.vault.ahead = DAY;
    await planes.vault.guardianships.endDue(planes.vault.unitOfWork);
    // The gate is still opening: it stays on the list.
    expect(await planes.api.guardianshipEndings.carryOut()).toBe(0);
    release();
    await given;
    expect(await planes.api.guardianshipEndings.carryOut()).toBe(1);
    expect(await (await planes.signIn(family.childId)).state()).toBe('frozen');
  });

  it('nor does one whose process ended, which the reconciler closes', async () => {
    const { guardian, family } = await answering();
    planes.line.failNext(openPermit, 'crash-after');
    expect(await tolerating(guardian.give())).toBe('crashed');
    planes.vault.ahead = DAY;
    await planes.vault.guardianships.endDue(planes.vault.unitOfWork);
    await planes.settle();
    expect(await planes.api.guardianshipEndings.carryOut()).toBe(0);
    const permits = await planes.vault.query('SELECT state FROM permit WHERE person_id = $1', [
      family.childId,
    ]);
    expect(permits).toEqual([{ state: 'frozen' }]);
  });
});
