import { requestLetters } from '@integument/contracts';
import { OutboxWorker } from '@integument/database';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sessionContent, TestApi } from '../../../apps/api/src/api.fixture.js';
import { LETTER_TOPIC } from '../../../apps/api/src/features/consent/index.js';
import { TestVault } from '../../../apps/vault/src/vault.fixture.js';
import { InProcessVault } from './in-process-vault.js';

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
      'permits.freeze': () => Promise.resolve(),
      [LETTER_TOPIC]: async (payload) => {
        await api.vault.call(requestLetters, { body: { letters: [payload as never] } });
      },
    },
    onFailure: () => undefined,
    backoffMs: 0,
  });
});
afterAll(async () => {
  await api.close();
  await vault.close();
});

let people = 0;

/** Somebody with an address who has agreed; nobody else is there. */
async function somebody() {
  await api.query(`UPDATE permit_gate SET ends_on = current_date + 700 WHERE state = 'open'`);
  await vault.query('DELETE FROM letter');
  const name = await vault.enrol({ fields: { email: `l${++people}@example.org` } });
  const secret = await api.openSession(sessionContent(await vault.sessionOf(await vault.personIdOf(name))));
  const give = async () => api.consent.give(await api.asker(secret), 'ingest', api.agreementTo('ingest'));
  const { permit } = await give();
  const inDays = (what: 'due_on' | 'ends_on', days: number) =>
    api.query(
      `UPDATE permit_gate SET ${what} = current_date + $1::int
       WHERE ${what} IS NOT NULL AND changed_on = current_date AND pseudonym = $2`,
      [
        days,
        api.permits.pseudonymOf(
          { kind: 'person', permits: [{ purpose: 'ingest', pseudonym: permit }] } as never,
          'ingest',
          undefined,
        ),
      ],
    );
  const withdraw = async () => api.takingBack.withdraw(await api.asker(secret), 'ingest');
  return { give, withdraw, inDays };
}

const letters = () =>
  vault.query<{ template: string; days: number | null }>(
    'SELECT template, on_day - current_date AS days FROM letter ORDER BY on_day, template',
  );

describe('who agreed to something', () => {
  it('is written to a month and a week before it ends, once each', async () => {
    const person = await somebody();
    expect(await api.letters.foretell()).toBe(0);
    await person.inDays('ends_on', 30);
    expect([await api.letters.foretell(), await api.letters.foretell()]).toEqual([1, 0]);
    await person.inDays('ends_on', 7);
    expect([await api.letters.foretell(), await api.letters.foretell()]).toEqual([1, 0]);
    expect(await letters()).toEqual([
      { template: 'consent-ends', days: 7 },
      { template: 'consent-ends', days: 30 },
    ]);
  });

  it('has one letter of an occasion, though the answer was lost and it was asked for again', async () => {
    const person = await somebody();
    await person.inDays('ends_on', 20);
    line.failNext(requestLetters, 'unanswered');
    await expect(api.letters.foretell()).rejects.toThrow();
    expect(await api.letters.foretell()).toBe(1);
    expect(await letters()).toHaveLength(1);
  });

  it('is written to before what was collected is erased', async () => {
    const person = await somebody();
    await person.withdraw();
    expect(await api.letters.foretell()).toBe(0);
    await person.inDays('due_on', 5);
    expect(await api.letters.foretell()).toBe(1);
    expect(await letters()).toEqual([{ template: 'erasure-planned', days: 5 }]);
  });

  it('is told that it has ended, and nothing beforehand of a day that has come', async () => {
    const person = await somebody();
    await person.inDays('ends_on', 0);
    expect(await api.letters.foretell()).toBe(0);
    expect(await api.expiry.run()).toBe(1);
    while ((await outbox.work()) > 0);
    expect(await letters()).toEqual([{ template: 'consent-ended', days: null }]);
  });
});
