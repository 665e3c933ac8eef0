import { freezePermit, openPermit } from '@integument/contracts';
import { randomId } from '@integument/crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Family } from '../../../apps/vault/src/features/guardianships/family.fixture.js';
import { PersonSession } from './person-session.js';
import { tolerating } from './tolerating.js';
import { TwoPlanes } from './two-planes.js';

let planes: TwoPlanes;
beforeEach(async () => {
  planes = await TwoPlanes.open();
});
afterEach(() => planes.close());

describe('the planes contradict each other', () => {
  it('where the vault has not heard of a withdrawal', async () => {
    const person = await planes.signIn();
    await person.give();
    expect(await planes.contradictions()).toEqual([]);
    planes.line.failNext(freezePermit, 'lost');
    await person.withdraw();
    expect(await planes.contradictions()).toHaveLength(1);
  });

  it('where an opening was not finished', async () => {
    planes.line.failNext(openPermit, 'crash-after');
    await tolerating((await planes.signIn()).give());
    expect(await planes.contradictions()).toHaveLength(1);
  });

  it('where a permit has another pseudonym than its gate, and where it has no gate', async () => {
    await (await planes.signIn()).give();
    await planes.vault.query('UPDATE permit SET pseudonym = $1', [randomId()]);
    expect(await planes.contradictions()).toHaveLength(1);
    await planes.vault.query('UPDATE permit SET gate_id = $1', [randomId()]);
    expect(await planes.contradictions()).toHaveLength(2);
  });
});

it('is wiped of what a guardian agreed to as well, and of what was to end with them', async () => {
  const { vault, api } = planes;
  for (const ends of [false, true]) {
    const family = await Family.of(vault);
    const { guardianship } = await family.record();
    const code = await family.code(guardianship);
    await (await PersonSession.redeem(vault, api, family.childId, code)).give();
    if (ends) await family.end(guardianship);
  }
  await planes.wipe();
  expect(await vault.query(`SELECT FROM permit WHERE state <> 'destroyed'`)).toEqual([]);
});
