import { type GateId, IMPORT_MAX } from '@integument/contracts';
import { decodeId, encodeId, randomId } from '@integument/crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API, OTHER_SHOP, SHOP, TestVault } from '../../vault.fixture.js';
import { consentOf, day, importsAt, notice } from './consent-imports.fixture.js';

let vault: TestVault;
beforeAll(async () => {
  vault = await TestVault.open();
});
afterAll(() => vault.close());

const { enrol, bring, read, pending, mint, settle, freeze, gatesOf, stateOf } = importsAt(() => vault);

describe('an import', () => {
  it('is answered for each consent by itself', async () => {
    const [one, gone] = [await enrol(), await enrol()];
    await vault.unitOfWork.run(async (tx) => vault.erasures.request(tx, SHOP, await vault.personIdOf(gone)));
    const other = await vault.desk.enrolOne(OTHER_SHOP, { fields: { email: 'other@example.org' } });
    const { import: name, ...told } = await bring([
      consentOf(one),
      consentOf(one),
      consentOf(gone),
      consentOf(other.person),
      consentOf(encodeId('cps', randomId())),
      consentOf(one, { purpose: 'analytics', givenOn: day(365) }),
      consentOf(one, { purpose: 'analytics', givenOn: day(-1) }),
      consentOf(one, { purpose: 'analytics', evidence: 'x'.repeat(5_000) }),
      consentOf(one, { purpose: 'analytics', more: 'than this' }),
      consentOf(one, { purpose: 'analytics', givenOn: day(364), evidence: 'On paper, in the drawer' }),
      'no consent at all',
      consentOf(one, { purpose: 'fault-finding' }),
    ]);
    expect(told).toEqual({
      accepted: 2,
      refused: 10,
      results: [
        { accepted: true },
        { code: 'consent_imports.repeated' },
        { code: 'people.not_found' },
        { code: 'people.not_found' },
        { code: 'people.not_found' },
        { code: 'consent_imports.too_old' },
        { code: 'consent_imports.in_the_future' },
        { code: 'request.invalid', fields: ['evidence'] },
        { code: 'request.invalid', fields: [''] },
        { accepted: true },
        { code: 'request.invalid', fields: [''] },
        { code: 'consent_imports.not_on_consent' },
      ],
    });
    expect(await read(name)).toEqual({ import: name, receivedOn: day(0), pending: 2, done: 0, refusals: [] });
    const entries = (await vault.entries()).filter(({ object }) => object === name);
    const done = entries.filter(
      ({ action, outcome }) => action === 'consent_imports.take' && outcome === 'done',
    );
    expect(done.map(({ purpose, count }) => [purpose, count])).toEqual([
      ['ingest', 1],
      ['analytics', 1],
    ]);
    expect(entries.find(({ code }) => code === 'people.not_found')).toMatchObject({
      outcome: 'refused',
      count: 3,
    });
    expect(JSON.stringify(entries)).not.toContain('Ada');
  });

  it('is told to nobody but the client whose it is', async () => {
    const { import: name } = await bring([consentOf(await enrol())]);
    await expect(read(name, OTHER_SHOP)).rejects.toMatchObject({ code: 'consent_imports.not_found' });
  });

  it('finds nobody outside the regions that the rules leave', async () => {
    const [german, french] = [await enrol('DE'), await enrol('FR')];
    const { results } = await bring([consentOf(german), consentOf(french)], SHOP, ['DE']);
    expect(results).toEqual([{ accepted: true }, { code: 'people.not_found' }]);
  });

  it('of somebody whose consent waits already is the same one, also where both come at once', async () => {
    const names = await Promise.all(Array.from({ length: 20 }, () => enrol()));
    const all = await Promise.all([
      bring(names.map((name) => consentOf(name))),
      bring([...names].reverse().map((name) => consentOf(name))),
    ]);
    expect(all.map(({ accepted }) => accepted).reduce((one, other) => one + other)).toBe(20);
    expect(await gatesOf(...names)).toHaveLength(20);
  });
});

describe('the data plane', () => {
  it('is told gates, notices and days, a page of a thousand at a time, and nothing of whom', async () => {
    await vault.query(
      `INSERT INTO imported_opening (gate_id, purpose, person_id, notice, given_on, import_id, at)
       SELECT uuid_send(gen_random_uuid()), 'recommendation', uuid_send(gen_random_uuid()), $1, current_date,
         uuid_send(gen_random_uuid()), 0 FROM generate_series(1, $2)`,
      [Buffer.from(notice, 'hex'), IMPORT_MAX + 1],
    );
    const { purpose, imports } = await pending('recommendation');
    expect(purpose).toBe('recommendation');
    expect(imports).toHaveLength(IMPORT_MAX);
    expect(imports[0]).toEqual({ gate: expect.any(String) as string, givenOn: day(0), notice });
    const names = imports.map(({ gate }) => decodeId('gat', gate).toString('hex'));
    expect(names).toEqual([...names].sort());
    const { imports: others } = await pending('recommendation', imports.at(-1)?.gate as GateId);
    expect(others).toHaveLength(1);
    expect(decodeId('gat', others[0]?.gate ?? '').toString('hex') > (names.at(-1) ?? '')).toBe(true);
    await vault.query("DELETE FROM imported_opening WHERE purpose = 'recommendation'");
  });

  it('is answered in the order of gates, not of people', async () => {
    const names = await Promise.all(Array.from({ length: 20 }, () => enrol()));
    await bring(names.map((name) => consentOf(name)));
    const gates = await gatesOf(...names);
    const { minted } = await mint(gates);
    const order = minted.map(({ gate }) => decodeId('gat', gate).toString('hex'));
    expect(order).toEqual([...order].sort());
    expect(new Set(minted.map(({ pseudonym }) => pseudonym)).size).toBe(20);
  });

  it('mints each once, however often it asks', async () => {
    const name = await enrol();
    await bring([consentOf(name)]);
    const gates = await gatesOf(name);
    const [first, second] = [await mint(gates), await mint(gates)];
    expect(second).toEqual(first);
    await settle(gates);
    await settle(gates);
    // Struck from the list: nothing comes of asking again, and what there is stays.
    expect(await mint(gates)).toEqual({ minted: [], spent: gates });
    expect(await stateOf(gates[0])).toBe('open');
  });

  it('gets no permit beside one that lives, and none again that was frozen at a later epoch', async () => {
    const [one, other] = [await enrol(), await enrol()];
    const { import: name } = await bring([consentOf(one), consentOf(other)]);
    const gates = await gatesOf(one);
    const others = await gatesOf(other);
    await openHere(one);
    expect(await mint(gates)).toEqual({ minted: [], spent: gates });
    expect((await read(name)).refusals).toEqual([{ at: 0, code: 'consent_imports.decided_here' }]);
    await mint(others);
    await freeze(others[0], 2);
    expect(await mint(others)).toEqual({ minted: [], spent: [] });
    expect(await stateOf(others[0])).toBe('frozen');
    expect((await mint(others, 3)).minted).toMatchObject([{ gate: others[0], epoch: 3 }]);
  });

  it('gets another name for what it closed before the vault had heard of it', async () => {
    const name = await enrol();
    await bring([consentOf(name)]);
    const gates = await gatesOf(name);
    await freeze(gates[0], 2);
    expect(await mint(gates, 3)).toEqual({ minted: [], spent: gates });
    const renamed = await gatesOf(name);
    expect(renamed).not.toEqual(gates);
    expect((await mint(renamed)).minted).toHaveLength(1);
  });

  it('tells clients who have a name for the person, as if they had agreed here', async () => {
    await vault.query(
      `INSERT INTO client (client_id, use, purposes) VALUES ('brand-shop', 'identity', '{}') ON CONFLICT DO NOTHING`,
    );
    await vault.query(
      `INSERT INTO webhook_endpoint (client_id, url, events) VALUES ('brand-shop', 'https://shop.example', '{consent.given}')`,
    );
    const name = await enrol();
    await bring([consentOf(name)]);
    await mint(await gatesOf(name));
    expect(await vault.query('SELECT pseudonym, event, purpose FROM webhook_delivery')).toEqual([
      { pseudonym: decodeId('cps', name), event: 'consent.given', purpose: 'ingest' },
    ]);
  });
});

/** As somebody's own session opens a permit. */
async function openHere(name: string): Promise<void> {
  const session = await vault.sessionOf(await vault.personIdOf(name));
  const gate = encodeId('gat', randomId()) as GateId;
  await vault.unitOfWork.run((tx) =>
    vault.permitOpenings.open(tx, API, { session, purpose: 'ingest', gate, epoch: 1 }),
  );
}
