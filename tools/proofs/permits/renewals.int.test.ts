import { type GateId, type PurposeName, resumePermit } from '@integument/contracts';
import { encodeId, randomId } from '@integument/crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Family } from '../../../apps/vault/src/features/guardianships/family.fixture.js';
import { API } from '../../../apps/vault/src/vault.fixture.js';
import { FAULTS } from './in-process-vault.js';
import { PersonSession } from './person-session.js';
import { tolerating } from './tolerating.js';
import { TwoPlanes } from './two-planes.js';

const DAY = 86_400_000;

let planes: TwoPlanes;
beforeAll(async () => {
  planes = await TwoPlanes.open();
});
afterEach(() => {
  planes.vault.ahead = 0;
});
afterAll(() => planes.close());

/** A child, who answers for it, and a session of each. */
async function answering() {
  const { vault, api } = planes;
  const family = await Family.of(vault);
  const { guardianship } = await family.record(['ingest']);
  const code = await family.code(guardianship);
  const guardian = await PersonSession.redeem(vault, api, family.childId, code);
  return { family, guardianship, guardian };
}

/** What they agreed to was given on another day: said again, the same words are a renewal. */
async function daysLater({ personId }: PersonSession, purpose: PurposeName = 'ingest'): Promise<void> {
  const permits = await planes.vault.query<{ gate_id: Buffer }>(
    'SELECT gate_id FROM permit WHERE person_id = $1 AND purpose = $2',
    [personId, purpose],
  );
  const gates = permits.map(({ gate_id }) => gate_id);
  await planes.api.query('ALTER TABLE consent_event DISABLE TRIGGER consent_event_is_final');
  await planes.api.query('UPDATE consent_event SET on_day = on_day - 9 WHERE gate_id = ANY($1)', [gates]);
  await planes.api.query('ALTER TABLE consent_event ENABLE TRIGGER consent_event_is_final');
}

const move = (family: Family, region: string) =>
  planes.vault.query('UPDATE person SET region = $2 WHERE person_id = $1', [family.childId, region]);

const guardianshipOf = async ({ personId }: PersonSession) =>
  (
    await planes.vault.query<{ guardianship: Buffer | null }>(
      'SELECT guardianship FROM permit WHERE person_id = $1',
      [personId],
    )
  )[0]?.guardianship;

describe('what is open, and said yes to once more,', () => {
  it('is not renewed by a child that is too young', async () => {
    const { family, guardian } = await answering();
    await guardian.give();
    const child = await planes.signIn(family.childId);
    for (const later of [false, true]) {
      if (later) await daysLater(child);
      await expect(child.give()).rejects.toMatchObject({ code: 'consent.under_age', status: 403 });
      expect(await child.expressed()).toEqual(['given guardian']);
      expect(await child.store()).toBe(true);
    }
  });

  it('is not renewed for a child that is old enough by now', async () => {
    const { family, guardian } = await answering();
    await guardian.give();
    await daysLater(guardian);
    await move(family, 'GB');
    await expect(guardian.give()).rejects.toMatchObject({ code: 'consent.not_guarded', status: 403 });
    expect(await guardian.expressed()).toEqual(['given guardian']);
  });

  it('ends with the guardianship under which it was renewed, whoever gave it', async () => {
    const { family, guardian, guardianship } = await answering();
    // As if nobody had known how old they are.
    planes.vault.ahead = DAY;
    const child = await planes.signIn(family.childId);
    await child.give();
    planes.vault.ahead = 0;
    await daysLater(child);
    expect(await guardian.give()).toMatchObject({ state: 'open' });
    expect(await guardian.expressed()).toEqual(['given web', 'renewed guardian']);
    await family.end(guardianship);
    expect(await planes.api.guardianshipEndings.carryOut()).toBe(1);
    expect(await child.expressed()).toEqual(['given web', 'renewed guardian', 'expired none']);
  });

  it('is the child’s own once it has renewed it itself, and goes on when the guardianship ends', async () => {
    const { family, guardian, guardianship } = await answering();
    await guardian.give();
    expect(await guardianshipOf(guardian)).not.toBeNull();
    await move(family, 'GB');
    const child = await planes.signIn(family.childId);
    // Also on the day on which the same words were agreed to for it: that wasn't the same.
    expect(await child.give()).toMatchObject({ state: 'open', receipt: expect.any(String) as string });
    expect(await guardianshipOf(child)).toBeNull();
    await family.end(guardianship);
    expect(await planes.api.guardianshipEndings.carryOut()).toBe(0);
    expect(await child.expressed()).toEqual(['given guardian', 'renewed web']);
    expect(await child.store()).toBe(true);
  });

  it('is the child’s own where the guardianship has ended, and the consent has still to', async () => {
    const { family, guardian, guardianship } = await answering();
    await guardian.give();
    await family.end(guardianship);
    planes.vault.ahead = DAY;
    const child = await planes.signIn(family.childId);
    await child.give();
    expect(await planes.api.guardianshipEndings.carryOut()).toBe(0);
    expect(await child.state()).toBe('open');
  });

  it('changes nothing where the very same was said on the same day', async () => {
    const { guardian } = await answering();
    const person = await planes.signIn();
    for (const somebody of [guardian, person]) {
      await somebody.give();
      expect(await somebody.give()).toMatchObject({ state: 'open', receipt: null });
      expect(await somebody.history()).toEqual(['given']);
      await daysLater(somebody);
      expect((await somebody.give()).receipt).not.toBeNull();
      expect(await somebody.history()).toEqual(['given', 'renewed']);
    }
  });

  it.each(FAULTS)('goes on as it was where the question was %s, and can be asked again', async (fault) => {
    const person = await planes.signIn();
    await person.give();
    await daysLater(person);
    planes.line.failNext(resumePermit, fault);
    expect(await tolerating(person.give())).not.toBe('answered');
    await planes.settle();
    expect(await person.store()).toBe(true);
    expect(await person.history()).toEqual(['given']);
    await person.give();
    expect(await person.history()).toEqual(['given', 'renewed']);
    expect(await planes.contradictions()).toEqual([]);
  });

  it('stays closed where it is taken back while the vault is asked', async () => {
    const person = await planes.signIn();
    await person.give();
    await daysLater(person);
    const elsewhere = await person.again();
    const { underWay, release } = planes.line.delayNext(resumePermit);
    const renewed = tolerating(person.give());
    await underWay;
    await elsewhere.withdraw();
    release();
    expect(await renewed).toBe('refused');
    expect(await person.history()).toEqual(['given', 'withdrawn']);
    await planes.settle();
    expect(await planes.contradictions()).toEqual([]);
  });
});

describe('a permit behind a gate that the platform does not know', () => {
  it('is refused once, and makes no gates', async () => {
    const person = await planes.signIn();
    const { caller } = await person.asker();
    const { session } = caller.content;
    const gate = encodeId('gat', randomId()) as GateId;
    const body = { session, purpose: 'ingest', gate, epoch: 1 } as const;
    await planes.vault.unitOfWork.run((tx) => planes.vault.permitOpenings.open(tx, API, body));
    const count = async () =>
      (await planes.api.query<{ state: string }>('SELECT state FROM permit_gate')).map(({ state }) => state);
    const before = (await count()).length;
    await expect(person.give()).rejects.toMatchObject({ code: 'consent.superseded' });
    const made = (await count()).slice(before);
    expect(made.length).toBeLessThanOrEqual(2);
    expect(new Set(made)).toEqual(new Set(['destroyed']));
  });
});
