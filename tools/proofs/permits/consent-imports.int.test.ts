import { randomBytes } from 'node:crypto';
import { mintImportedPermits, type PurposeName, purposeNamed } from '@integument/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SHOP } from '../../../apps/vault/src/vault.fixture.js';
import { dayBefore, GIVEN_ON, ImportingShop } from './importing-shop.js';
import { recordOf } from './receipt-reading.js';
import { TwoPlanes } from './two-planes.js';

let planes: TwoPlanes;
let shop: ImportingShop;
beforeAll(async () => {
  planes = await TwoPlanes.open();
  shop = new ImportingShop(planes);
});
afterAll(() => planes.close());

describe('consents of before', () => {
  it('2,000 of them open 2,000 permits, each once, and days are all that is kept of when', async () => {
    const names = await shop.customers(1_000);
    const first = await shop.bring(names.map((name) => shop.consentOf(name, 'recommendation')));
    const second = await shop.bring(names.map((name) => shop.consentOf(name, 'analytics')));
    expect([first.accepted, second.accepted]).toEqual([1_000, 1_000]);
    expect(await shop.stateOf(first.import)).toMatchObject({ pending: 1_000, done: 0, refusals: [] });
    expect(await planes.api.imports.carryOut()).toBe(2_000);
    expect(await planes.api.imports.carryOut()).toBe(0);
    expect(await shop.stateOf(first.import)).toMatchObject({ pending: 0, done: 1_000, refusals: [] });
    const gates = await planes.api.query(
      `SELECT purpose, count(*)::int AS count, count(DISTINCT pseudonym)::int AS names, min(ends_on::text) AS ends
       FROM permit_gate WHERE state = 'open' GROUP BY purpose ORDER BY purpose`,
    );
    const ends = (purpose: PurposeName) => dayBefore(100 - purposeNamed(purpose).consentDays);
    expect(gates).toEqual([
      { purpose: 'analytics', count: 1_000, names: 1_000, ends: ends('analytics') },
      { purpose: 'recommendation', count: 1_000, names: 1_000, ends: ends('recommendation') },
    ]);
    const events = await planes.api.query(
      `SELECT kind, channel, on_day::text, count(*)::int FROM consent_event GROUP BY 1, 2, 3`,
    );
    expect(events).toEqual([{ kind: 'given', channel: 'import', on_day: GIVEN_ON, count: 2_000 }]);
    expect(await planes.contradictions()).toEqual([]);
    const said = await planes.api.entries();
    expect(said.filter(({ action }) => action === 'consent.import')).toHaveLength(2_000);
    const opened = (await planes.vault.entries()).filter(({ action }) => action === 'permits.open');
    expect(new Set(opened.map(({ subject }) => subject)).size).toBe(1_000);
  }, 60_000);

  it('lie in the platform database in an order that is not that of the people', async () => {
    const [one, other] = [await order('recommendation'), await order('analytics')];
    const place = new Map(one.map((person, at) => [person, at]));
    const neighbours = other.filter((person, at) => {
      const next = other[at + 1];
      return next !== undefined && (place.get(next) ?? 0) - (place.get(person) ?? 0) === 1;
    });
    // Of a thousand in a random order one or so is followed by the same one as before.
    expect(neighbours.length).toBeLessThan(10);
  });

  it('open a session of the person’s for what they name, with a receipt that is made when it is first read', async () => {
    const { name, person } = await shop.customer();
    await shop.bring([shop.consentOf(name)]);
    await planes.api.imports.carryOut();
    expect(await person.state()).toBe('open');
    const [event] = await person.events();
    expect(event).toMatchObject({ kind: 'given', channel: 'import', onDay: GIVEN_ON });
    expect((await person.events())[0]?.receipt).toBe(event?.receipt);
    expect(recordOf(event)['dpv:hasConsentStatus']).toMatchObject({
      '@type': 'dpv:ConsentGiven',
      'dct:date': GIVEN_ON,
      'dct:valid': dayBefore(100 - purposeNamed('ingest').consentDays),
      'dpv:hasIndicationMethod': 'import',
    });
    await person.withdraw();
    expect(await person.history()).toEqual(['given', 'withdrawn']);
    expect((await person.events())[0]?.receipt).toBe(event?.receipt);
  });

  it('of a notice that nobody published, or of another purpose, are refused later, and what would prove them goes', async () => {
    const [one, other] = [await shop.customer(), await shop.customer()];
    const unknown = randomBytes(32).toString('hex');
    const brought = await shop.bring([
      shop.consentOf(one.name, 'ingest', { notice: unknown }),
      shop.consentOf(other.name, 'ingest', { notice: planes.api.agreementTo('analytics').notice }),
    ]);
    expect(brought.accepted).toBe(2);
    await planes.api.imports.carryOut();
    const code = 'consent_imports.notice_unknown';
    expect(await shop.stateOf(brought.import)).toMatchObject({
      pending: 0,
      done: 0,
      refusals: [
        { at: 0, code },
        { at: 1, code },
      ],
    });
    expect(await one.person.state()).toBe('none');
    const kept = await planes.vault.query('SELECT evidence FROM consent_record WHERE refused IS NOT NULL');
    expect(kept).toEqual([{ evidence: null }, { evidence: null }]);
    // The right one can be sent after that.
    expect((await shop.bring([shop.consentOf(one.name)])).accepted).toBe(1);
    await planes.api.imports.carryOut();
    expect(await one.person.state()).toBe('open');
  });
});

describe('what is decided here', () => {
  it('after a consent has been taken, and before it is opened, counts for more', async () => {
    const [given, withdrawn] = [await shop.customer(), await shop.customer()];
    const brought = await shop.bring([shop.consentOf(given.name), shop.consentOf(withdrawn.name)]);
    await given.person.give();
    await withdrawn.person.give();
    await withdrawn.person.withdraw();
    await planes.api.imports.carryOut();
    const code = 'consent_imports.decided_here';
    expect((await shop.stateOf(brought.import)).refusals.map((one) => one.code)).toEqual([code, code]);
    expect((await given.person.events()).map(({ channel }) => channel)).toEqual(['web']);
    expect(await withdrawn.person.state()).toBe('frozen');
    expect(await planes.contradictions()).toEqual([]);
  });

  it('is not undone by the same list sent again, not even once the permit is erased', async () => {
    const { name, person } = await shop.customer();
    await shop.bring([shop.consentOf(name)]);
    await planes.api.imports.carryOut();
    await person.withdraw();
    const refusals = [{ at: 0, code: 'consent_imports.decided_here' }];
    const again = await shop.bring([shop.consentOf(name)]);
    await planes.api.imports.carryOut();
    expect((await shop.stateOf(again.import)).refusals).toEqual(refusals);
    expect(await person.state()).toBe('frozen');
    await planes.eraseWithdrawn(person.personId);
    const late = await shop.bring([shop.consentOf(name)]);
    await planes.api.imports.carryOut();
    expect((await shop.stateOf(late.import)).refusals).toEqual(refusals);
    expect(await person.state()).toBe('none');
  });

  it('while the vault has minted and the gate is not open yet holds: a withdrawn permit is not opened by a late batch', async () => {
    const { name, person } = await shop.customer();
    const brought = await shop.bring([shop.consentOf(name)]);
    const { underWay, release } = planes.line.delayNext(mintImportedPermits);
    const carried = planes.api.imports.carryOut();
    await underWay;
    expect((await person.withdraw()).state).toBe('frozen');
    release();
    await carried;
    await planes.api.imports.carryOut();
    expect(await person.state()).toBe('frozen');
    expect(await person.history()).toEqual(['withdrawn']);
    expect((await shop.stateOf(brought.import)).refusals).toEqual([
      { at: 0, code: 'consent_imports.decided_here' },
    ]);
    await planes.settle();
    expect(await planes.contradictions()).toEqual([]);
  });

  it('by somebody whose erasure begins meanwhile leaves no gate open', async () => {
    const { name, person } = await shop.customer();
    await shop.bring([shop.consentOf(name)]);
    const { underWay, release } = planes.line.delayNext(mintImportedPermits);
    const carried = planes.api.imports.carryOut();
    await underWay;
    await planes.vault.unitOfWork.run((tx) => planes.vault.erasures.request(tx, SHOP, person.personId));
    release();
    await carried;
    await planes.erasures.carryOut();
    await planes.api.imports.carryOut();
    for (const table of ['consent_record', 'imported_opening', 'permit_ended'])
      expect(
        await planes.vault.query(`SELECT FROM ${table} WHERE person_id = $1`, [person.personId]),
        table,
      ).toEqual([]);
    expect(await planes.contradictions()).toEqual([]);
  });
});

/** People, in the order in which their gates lie. */
async function order(purpose: PurposeName): Promise<string[]> {
  const gates = await planes.api.query<{ gate_id: Buffer }>(
    'SELECT gate_id FROM permit_gate WHERE purpose = $1 ORDER BY ctid',
    [purpose],
  );
  const permits = await planes.vault.query<{ gate_id: Buffer; person_id: Buffer }>(
    'SELECT gate_id, person_id FROM permit WHERE purpose = $1',
    [purpose],
  );
  const whose = new Map(permits.map((one) => [one.gate_id.toString('hex'), one.person_id.toString('hex')]));
  return gates.map(({ gate_id }) => whose.get(gate_id.toString('hex')) ?? '');
}
