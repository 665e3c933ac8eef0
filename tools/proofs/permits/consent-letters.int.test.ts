import { requestLetters } from '@integument/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PersonSession } from './person-session.js';
import { TwoPlanes } from './two-planes.js';

let planes: TwoPlanes;
beforeAll(async () => {
  planes = await TwoPlanes.open();
});
afterAll(() => planes.close());

/** Somebody with an address who has agreed; nobody else is there. */
async function somebody(): Promise<PersonSession> {
  await planes.api.query(`UPDATE permit_gate SET ends_on = current_date + 700 WHERE state = 'open'`);
  await planes.vault.query('DELETE FROM letter');
  const person = await planes.signIn();
  await person.give();
  return person;
}

const inDays = async (person: PersonSession, what: 'due_on' | 'ends_on', days: number) =>
  planes.api.query(
    `UPDATE permit_gate SET ${what} = current_date + $1::int WHERE ${what} IS NOT NULL AND pseudonym = $2`,
    [days, await person.pseudonym()],
  );

const letters = () =>
  planes.vault.query<{ template: string; days: number | null }>(
    'SELECT template, on_day - current_date AS days FROM letter ORDER BY on_day, template',
  );

describe('who agreed to something', () => {
  it('is written to a month and a week before it ends, once each', async () => {
    const person = await somebody();
    expect(await planes.api.letters.foretell()).toBe(0);
    await inDays(person, 'ends_on', 30);
    expect([await planes.api.letters.foretell(), await planes.api.letters.foretell()]).toEqual([1, 0]);
    await inDays(person, 'ends_on', 7);
    expect([await planes.api.letters.foretell(), await planes.api.letters.foretell()]).toEqual([1, 0]);
    expect(await letters()).toEqual([
      { template: 'consent-ends', days: 7 },
      { template: 'consent-ends', days: 30 },
    ]);
  });

  it('has one letter of an occasion, though the answer was lost and it was asked for again', async () => {
    const person = await somebody();
    await inDays(person, 'ends_on', 20);
    planes.line.failNext(requestLetters, 'unanswered');
    await expect(planes.api.letters.foretell()).rejects.toMatchObject({ code: 'vault.unavailable' });
    expect(await planes.api.letters.foretell()).toBe(1);
    expect(await letters()).toHaveLength(1);
  });

  it('is written to before what was collected is erased', async () => {
    const person = await somebody();
    await person.withdraw();
    expect(await planes.api.letters.foretell()).toBe(0);
    await inDays(person, 'due_on', 5);
    expect(await planes.api.letters.foretell()).toBe(1);
    expect(await letters()).toEqual([{ template: 'erasure-planned', days: 5 }]);
  });

  it('is told that it has ended, and nothing beforehand of a day that has come', async () => {
    const person = await somebody();
    await inDays(person, 'ends_on', 0);
    expect(await planes.api.letters.foretell()).toBe(0);
    expect(await planes.api.expiry.run()).toBe(1);
    await planes.settle();
    expect(await letters()).toEqual([{ template: 'consent-ended', days: null }]);
  });
});
