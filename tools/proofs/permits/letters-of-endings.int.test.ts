import type { LetterTemplate, PurposeName } from '@integument/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Family } from '../../../apps/vault/src/features/guardianships/family.fixture.js';
import { writeLetter } from '../../../apps/vault/src/features/letters/letter-texts.js';
import { PersonSession } from './person-session.js';
import { TwoPlanes } from './two-planes.js';

let planes: TwoPlanes;
beforeAll(async () => {
  planes = await TwoPlanes.open();
});
afterAll(() => planes.close());

const expiring = (person: PersonSession, purpose: PurposeName) => ended(person, purpose, 'ends_on', 0);
async function ended(person: PersonSession, purpose: PurposeName, day: 'due_on' | 'ends_on', days: number) {
  await planes.api.query(`UPDATE permit_gate SET ${day} = current_date + $1::int WHERE pseudonym = $2`, [
    days,
    await person.pseudonym(purpose),
  ]);
}

const WAYS: Record<string, () => Promise<{ person: PersonSession; purpose: PurposeName }>> = {
  'a consent that ran out': async () => {
    const person = await planes.signIn();
    await person.give();
    await expiring(person, 'ingest');
    await planes.api.expiry.run();
    return { person, purpose: 'ingest' };
  },
  'what rests on an interest, objected to': async () => {
    const person = await planes.signIn();
    await person.acknowledge('fault-finding');
    await person.object('fault-finding');
    return { person, purpose: 'fault-finding' };
  },
  'what rests on an interest, run out': async () => {
    const person = await planes.signIn();
    await person.acknowledge('fault-finding');
    await ended(person, 'fault-finding', 'ends_on', 7);
    await planes.api.letters.foretell();
    await expiring(person, 'fault-finding');
    await planes.api.expiry.run();
    return { person, purpose: 'fault-finding' };
  },
  'what a guardian had agreed to': async () => {
    const { vault, api } = planes;
    const family = await Family.of(vault);
    const { guardianship } = await family.record();
    const code = await family.code(guardianship);
    const guardian = await PersonSession.redeem(vault, api, family.childId, code);
    await guardian.give();
    await family.end(guardianship);
    await api.guardianshipEndings.carryOut();
    return { person: await planes.signIn(family.childId), purpose: 'ingest' };
  },
};

describe('who is written to about', () => {
  it.each(Object.keys(WAYS))('%s is not told that they took back, or gave, a consent', async (way) => {
    const { person, purpose } = (await WAYS[way]?.()) ?? expect.fail();
    await planes.settle();
    await ended(person, purpose, 'due_on', 5);
    expect(await planes.api.letters.foretell()).toBe(1);
    const rows = await planes.vault.query<{ template: LetterTemplate; on: string | null }>(
      `SELECT template, on_day::text AS on FROM letter WHERE person_id = $1 AND template NOT LIKE 'guardianship-%'`,
      [person.personId],
    );
    expect(rows.map(({ template }) => template)).toContain('erasure-planned');
    for (const row of rows)
      for (const language of ['en', 'de'] as const)
        expect(
          writeLetter({ ...row, language, givenName: undefined, portal: 'https://portal.example' }).text,
        ).not.toMatch(/consent|took|gave|einwillig|widerruf/i);
  });
});
