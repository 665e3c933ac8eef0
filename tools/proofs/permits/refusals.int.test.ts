import { declinePermit } from '@integument/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FAULTS } from './in-process-vault.js';
import type { PersonSession } from './person-session.js';
import { isProven, recordOf } from './receipt-reading.js';
import { tolerating } from './tolerating.js';
import { TwoPlanes } from './two-planes.js';

let planes: TwoPlanes;
beforeAll(async () => {
  planes = await TwoPlanes.open();
});
afterAll(() => planes.close());

const DECLINED = [{ state: 'declined', pseudonym: null, wrapped_key: null }];

describe('a no to what consent is asked for', () => {
  it('leaves neither pseudonym nor key, stands in every session, and is proven', async () => {
    const person = await planes.signIn();
    const refused = await person.refuse();
    expect(refused).toMatchObject({ state: 'declined', permit: null, endsOn: null, dueOn: null });
    expect(await person.permits()).toMatchObject(DECLINED);
    expect(await isProven(refused, planes.api.signer)).toBe(true);
    expect(recordOf(refused)['dpv:hasDataSubject']).toEqual({ '@type': 'dpv:DataSubject' });
    expect(recordOf(refused)['dpv:hasConsentStatus']?.['@type']).toBe('dpv:ConsentRefused');
    const elsewhere = await person.again();
    expect(await elsewhere.state()).toBe('declined');
    expect(await elsewhere.history()).toEqual(['refused']);
  });

  it('said again changes nothing', async () => {
    const person = await planes.signIn();
    await person.refuse();
    expect(await person.refuse()).toMatchObject({ state: 'declined', receipt: null });
    expect(await person.history()).toEqual(['refused']);
  });

  it('gives way to a yes, behind the same gate', async () => {
    const person = await planes.signIn();
    await person.refuse();
    const elsewhere = await person.again();
    expect(await elsewhere.give()).toMatchObject({ state: 'open' });
    expect(await person.permits()).toMatchObject([{ state: 'open' }]);
    expect(await elsewhere.history()).toEqual(['refused', 'given']);
    expect(await elsewhere.withdraw()).toMatchObject({ state: 'frozen' });
  });

  it('takes back what was agreed to', async () => {
    const person = await planes.signIn();
    await person.give();
    expect(await person.refuse()).toMatchObject({ state: 'frozen' });
    expect(await person.history()).toEqual(['given', 'withdrawn']);
  });

  it.each(FAULTS)('whose message is %s leaves what the next no or yes finishes', async (fault) => {
    for (const next of ['refuse', 'give'] as const) {
      const person = await planes.signIn();
      planes.line.failNext(declinePermit, fault);
      expect(await tolerating(person.refuse())).not.toBe('answered');
      expect(await person[next]()).toMatchObject({ state: next === 'give' ? 'open' : 'declined' });
      expect(await person.permits()).toHaveLength(1);
    }
  });

  it('and a yes at the same time end as one of them', async () => {
    for (let round = 0; round < 20; round++) {
      const person = await planes.signIn();
      const [one, other] = [await person.again(), await person.again()];
      await Promise.all([one.refuse(), other.give(), one.refuse()].map(tolerating));
      const [permit, ...more] = await person.permits();
      expect(more).toEqual([]);
      const gates = await planes.api.query<{ state: string }>(
        `SELECT state FROM permit_gate WHERE state = 'open' AND gate_id IN
         (SELECT unnest($1::bytea[]))`,
        [(await gatesOf(person)).map(({ gate_id }) => gate_id)],
      );
      expect(gates).toHaveLength(permit?.state === 'open' ? 1 : 0);
    }
  });
});

const gatesOf = ({ personId }: PersonSession) =>
  planes.vault.query<{ gate_id: Buffer }>('SELECT gate_id FROM permit WHERE person_id = $1', [personId]);

describe('what rests on a legitimate interest', () => {
  const PURPOSE = 'fault-finding';

  it('begins when people were told of it, and ends with their objection', async () => {
    const person = await planes.signIn();
    const begun = await person.acknowledge(PURPOSE);
    expect(begun).toMatchObject({ state: 'open' });
    expect(recordOf(begun)['dpv:hasStatus']?.['@type']).toBe('dpv:LegitimateInterestInformed');
    const objected = await person.object(PURPOSE);
    expect(objected).toMatchObject({ state: 'frozen' });
    expect(await isProven(objected, planes.api.signer)).toBe(true);
    expect(recordOf(objected)['dpv:hasStatus']?.['@type']).toBe('dpv:LegitimateInterestObjected');
    expect(await person.history(PURPOSE)).toEqual(['informed', 'objected']);
  });

  it.each(['object', 'withdraw'] as const)(
    'is not begun anew by telling them once more after they %s, but by a yes of their own',
    async (no) => {
      const person = await planes.signIn();
      await person.acknowledge(PURPOSE);
      await person[no](PURPOSE);
      await expect(person.acknowledge(PURPOSE)).rejects.toMatchObject({ code: 'consent.objected' });
      expect(await person.state(PURPOSE)).toBe('frozen');
      expect(await person.give(PURPOSE)).toMatchObject({ state: 'open' });
      expect(await person.history(PURPOSE)).toEqual(['informed', 'objected', 'renewed']);
    },
  );

  it('never begins for who objected before', async () => {
    const person = await planes.signIn();
    expect(await person.object(PURPOSE)).toMatchObject({ state: 'declined' });
    const elsewhere = await person.again();
    await expect(elsewhere.acknowledge(PURPOSE)).rejects.toMatchObject({ code: 'consent.objected' });
    expect(await person.permits(PURPOSE)).toMatchObject(DECLINED);
  });

  it('is let go on by a yes of their own, also in the words that they were told the same day', async () => {
    const person = await planes.signIn();
    await person.acknowledge(PURPOSE);
    const given = await person.give(PURPOSE);
    expect(given).toMatchObject({ state: 'open', receipt: expect.any(String) as string });
    expect(recordOf(given)['dpv:hasStatus']?.['dpv:isIndicatedBy']).toBe('dpv:DataSubject');
    expect(await person.acknowledge(PURPOSE)).toMatchObject({ state: 'open', receipt: null });
    expect(await person.give(PURPOSE)).toMatchObject({ state: 'open', receipt: null });
    expect(await person.history(PURPOSE)).toEqual(['informed', 'renewed']);
  });

  it('that ran out stays ended where they then object', async () => {
    const person = await planes.signIn();
    await person.acknowledge(PURPOSE);
    await planes.api.query(
      `UPDATE permit_gate SET ends_on = current_date WHERE purpose = $1 AND state = 'open'`,
      [PURPOSE],
    );
    await planes.api.expiry.run();
    await person.object(PURPOSE);
    await person.object(PURPOSE);
    await expect(person.acknowledge(PURPOSE)).rejects.toMatchObject({ code: 'consent.objected' });
    expect(await person.history(PURPOSE)).toEqual(['informed', 'expired', 'objected']);
  });

  it('is nothing that one can refuse, and consent nothing that one can be told of', async () => {
    const person = await planes.signIn();
    const otherGround = { code: 'consent.other_ground' };
    await expect(person.refuse(PURPOSE)).rejects.toMatchObject(otherGround);
    await expect(person.acknowledge()).rejects.toMatchObject(otherGround);
    await expect(person.object()).rejects.toMatchObject(otherGround);
    expect(await gatesOf(person)).toEqual([]);
  });
});
