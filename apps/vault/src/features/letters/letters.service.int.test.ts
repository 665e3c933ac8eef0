import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API, SHOP, TestVault } from '../../vault.fixture.js';
import { LettersStore } from './letters.store.js';
import {
  letterEntries,
  lettersOf,
  letterTo,
  newGate,
  newKey,
  request,
  somebody,
} from './letters-stage.fixture.js';

let vault: TestVault;
beforeAll(async () => {
  vault = await TestVault.open();
});
afterAll(() => vault.close());

const accepted = { accepted: true };
const REASON = { code: 'rights-request', reference: 'CASE-1' } as const;

describe('a request for letters', () => {
  it('is answered letter by letter, in its order, and never with who it is', async () => {
    const one = await somebody(vault);
    const mute = await somebodyWithoutEmail();
    const results = await request(
      vault,
      letterTo({ gate: newGate() }),
      letterTo(one),
      letterTo({ gate: mute }),
    );
    expect(results).toEqual([{ code: 'letters.nobody' }, accepted, { code: 'letters.no_address' }]);
    expect(await lettersOf(vault, one)).toMatchObject([{ state: 'queued', attempts: 0, language: 'en' }]);
  });

  it('made again is one letter, in one batch, in another one, and at the same time', async () => {
    const one = await somebody(vault);
    const key = newKey();
    expect(await request(vault, letterTo(one, key), letterTo(one, key))).toEqual([accepted, accepted]);
    const again = await Promise.all(Array.from({ length: 5 }, () => request(vault, letterTo(one, key))));
    expect(again.flat()).toEqual(Array.from({ length: 5 }, () => accepted));
    const fresh = newKey();
    await Promise.all(Array.from({ length: 5 }, () => request(vault, letterTo(one, fresh))));
    expect(await lettersOf(vault, one)).toHaveLength(2);
  });

  it('takes a thousand', async () => {
    const one = await somebody(vault);
    const letters = Array.from({ length: 1_000 }, () => letterTo(one));
    expect(await request(vault, ...letters)).toHaveLength(1_000);
    expect(await lettersOf(vault, one)).toHaveLength(1_000);
  });

  it('is in the log for each whom one is for, and with the number of those for whom there is none', async () => {
    const one = await somebody(vault);
    const before = (await letterEntries(vault)).length;
    await request(vault, letterTo(one), letterTo({ gate: newGate() }), letterTo({ gate: newGate() }));
    const entries = (await letterEntries(vault)).slice(before);
    const subject = await subjectOf(one.name);
    expect(entries).toMatchObject([
      { action: 'letters.request', outcome: 'done', subject, details: { template: 'consent-ended' } },
      { action: 'letters.request', outcome: 'refused', code: 'letters.nobody', count: 2 },
    ]);
    expect(JSON.stringify(entries)).not.toContain('canary');
  });

  it('is written in the language that they chose', async () => {
    const one = await somebody(vault, { language: 'de' });
    await request(vault, letterTo(one));
    expect(await lettersOf(vault, one)).toMatchObject([{ language: 'de' }]);
  });

  it('reaches those who took their consent back, until its key is destroyed', async () => {
    const one = await somebody(vault);
    const { gate } = one;
    await vault.unitOfWork.run((tx) => vault.permits.freeze(tx, API, { gate, epoch: 2 }));
    const planned = { gate, key: newKey(), template: 'erasure-planned', on: '2099-01-01' } as const;
    expect(await request(vault, planned)).toEqual([accepted]);
    await vault.unitOfWork.run((tx) => vault.permits.destroy(tx, API, gate, 3));
    expect(await request(vault, letterTo(one))).toEqual([{ code: 'letters.nobody' }]);
  });

  it('reaches nobody who is being erased, and their letters go with them', async () => {
    const one = await somebody(vault);
    await request(vault, letterTo(one));
    const personId = await vault.personIdOf(one.name);
    const { erasure } = await vault.unitOfWork.run((tx) =>
      vault.erasures.requestFor(tx, SHOP, one.name, REASON, null),
    );
    expect(await request(vault, letterTo(one))).toEqual([{ code: 'letters.nobody' }]);
    await vault.unitOfWork.run((tx) => vault.erasures.gatesClosed(tx, API, erasure));
    expect(await vault.query('SELECT FROM letter WHERE person_id = $1', [personId])).toEqual([]);
  });
});

describe('letters that are over', () => {
  it('are forgotten after ninety days, and those that wait are not', async () => {
    const one = await somebody(vault);
    await request(vault, letterTo(one), letterTo(one), letterTo(one));
    const personId = await vault.personIdOf(one.name);
    await vault.query('UPDATE letter SET asked_on = current_date - 91 WHERE person_id = $1', [personId]);
    await vault.query(
      `UPDATE letter SET state = 'sent' WHERE letter_id = (SELECT letter_id FROM letter WHERE person_id = $1 LIMIT 1)`,
      [personId],
    );
    await vault.unitOfWork.single((tx) => new LettersStore().sweep(tx));
    expect(await lettersOf(vault, one)).toHaveLength(2);
  });
});

/** @returns the gate of somebody who gave a phone number alone */
async function somebodyWithoutEmail() {
  const name = await vault.enrol({ fields: { phone: '+32470000001' } });
  const session = await vault.sessionOf(await vault.personIdOf(name));
  const gate = newGate();
  const opening = { session, purpose: 'ingest', gate, epoch: 1 } as const;
  await vault.unitOfWork.run((tx) => vault.permitOpenings.open(tx, API, opening));
  return gate;
}

async function subjectOf(name: string): Promise<string | undefined> {
  const [row] = await vault.query<{ subject: Buffer }>('SELECT subject FROM person WHERE person_id = $1', [
    await vault.personIdOf(name),
  ]);
  return row?.subject.toString('base64url');
}
