import { randomBytes } from 'node:crypto';
import { staff } from '@integument/authz';
import type { ConsentImportId, GateId, PurposeName } from '@integument/contracts';
import { decodeId, encodeId, randomId } from '@integument/crypto';
import type { Asker } from '@integument/http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API, OTHER_SHOP, SHOP, TestVault } from '../../vault.fixture.js';

const DAY_MS = 86_400_000;
const OFFICER: Asker = {
  caller: staff({ id: 'a'.repeat(32), roles: ['privacy-officer'] } as never),
  requestId: 'req-officer',
};

let vault: TestVault;
beforeAll(async () => {
  vault = await TestVault.open();
});
afterAll(() => vault.close());

let people = 0;
const enrol = (region?: string) =>
  vault.enrol({ fields: { email: `k${++people}@example.org` }, ...(region && { region }) });
const day = (ago: number) => new Date(Date.now() - ago * DAY_MS).toISOString().slice(0, 10);
const notice = randomBytes(32).toString('hex');
const evidence = { form: 'counter', wording: 'I agree', clerk: 'Ada Lovelace' };
const consentOf = (person: string, change: object = {}) => ({
  person,
  purpose: 'ingest',
  notice,
  givenOn: day(30),
  evidence,
  ...change,
});
const bring = (consents: readonly unknown[], asker = SHOP, regions: readonly string[] | null = null) =>
  vault.unitOfWork.run((tx) => vault.imports.take(tx, asker, consents, regions));
const read = (name: string, asker = SHOP) =>
  vault.unitOfWork.run((tx) => vault.imports.read(tx, asker, name as ConsentImportId));
const pending = (purpose?: PurposeName, after?: GateId) =>
  vault.unitOfWork.run((tx) => vault.importedOpenings.pending(tx, API, { purpose, after }));
const mint = (gates: readonly GateId[], epoch = 1) =>
  vault.unitOfWork.run((tx) =>
    vault.importedOpenings.mint(tx, API, {
      purpose: 'ingest',
      gates: gates.map((gate) => ({ gate, epoch })),
    }),
  );
const settle = (done: readonly GateId[]) =>
  vault.unitOfWork.run((tx) =>
    vault.importedOpenings.settle(tx, API, { purpose: 'ingest', done: [...done], refused: [] }),
  );
/** What waits of these people, by the names of their gates. */
async function gatesOf(...names: readonly string[]): Promise<GateId[]> {
  const rows = await vault.query<{ gate_id: Buffer }>(
    `SELECT gate_id FROM imported_opening JOIN client_pseudonym USING (person_id)
     WHERE pseudonym = ANY($1) ORDER BY gate_id`,
    [names.map((name) => decodeId('cps', name))],
  );
  return rows.map(({ gate_id }) => encodeId('gat', gate_id) as GateId);
}

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
    const { purpose, imports } = await pending('ingest');
    expect(purpose).toBe('ingest');
    expect(Object.keys(imports[0] ?? {}).sort()).toEqual(['gate', 'givenOn', 'notice']);
    const first = imports[0]?.gate as GateId;
    expect((await pending('ingest', first)).imports).toEqual(imports.slice(1));
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
    await vault.unitOfWork.run((tx) =>
      vault.permits.freeze(tx, API, { gate: others[0] as GateId, epoch: 2 }),
    );
    expect(await mint(others)).toEqual({ minted: [], spent: [] });
    expect(await stateOf(others[0])).toBe('frozen');
    expect((await mint(others, 3)).minted).toMatchObject([{ gate: others[0], epoch: 3 }]);
  });

  it('gets another name for what it closed before the vault had heard of it', async () => {
    const name = await enrol();
    await bring([consentOf(name)]);
    const gates = await gatesOf(name);
    await vault.unitOfWork.run((tx) => vault.permits.freeze(tx, API, { gate: gates[0] as GateId, epoch: 2 }));
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

describe('evidence', () => {
  it('lies under the person’s own key, is read for a reason, on record, and goes with them', async () => {
    const name = await enrol();
    const personId = await vault.personIdOf(name);
    const consoleName = randomId();
    await vault.query(
      `INSERT INTO client_pseudonym (person_id, client_id, pseudonym) VALUES ($1, 'console', $2)`,
      [personId, consoleName],
    );
    await bring([consentOf(name)]);
    const rows = await vault.query<{ evidence: Buffer }>(
      'SELECT evidence FROM consent_record WHERE person_id = $1',
      [personId],
    );
    expect(rows[0]?.evidence.toString('latin1')).not.toContain('Lovelace');
    const reason = { code: 'legal', reference: 'CASE-7' } as const;
    const asked = { purpose: 'ingest', reason } as const;
    const { consents } = await vault.unitOfWork.run((tx) =>
      vault.consentEvidence.read(tx, OFFICER, encodeId('cps', consoleName) as never, asked, null),
    );
    expect(consents).toEqual([
      { notice, givenOn: day(30), receivedOn: day(0), client: 'brand-shop', evidence },
    ]);
    const [entry] = (await vault.entries()).filter(
      ({ action }) => action === 'consent_imports.read_evidence',
    );
    expect(entry).toMatchObject({ purpose: 'ingest', reason, count: 1 });
    await mint(await gatesOf(name));
    await erase(personId);
    for (const table of ['consent_record', 'imported_opening', 'permit_ended']) {
      expect(await vault.query(`SELECT FROM ${table} WHERE person_id = $1`, [personId])).toEqual([]);
    }
  });

  it('of one row doesn’t open in another', async () => {
    const [one, other] = [await enrol(), await enrol()];
    await bring([consentOf(one), consentOf(other)]);
    const id = await vault.personIdOf(one);
    const consoleName = randomId();
    await vault.query(
      `INSERT INTO client_pseudonym (person_id, client_id, pseudonym) VALUES ($1, 'console', $2)`,
      [id, consoleName],
    );
    await vault.query(
      'UPDATE consent_record SET evidence = (SELECT evidence FROM consent_record WHERE person_id = $2) WHERE person_id = $1',
      [id, await vault.personIdOf(other)],
    );
    const asked = { purpose: 'ingest', reason: { code: 'legal', reference: 'CASE-7' } } as const;
    const reading = vault.unitOfWork.run((tx) =>
      vault.consentEvidence.read(tx, OFFICER, encodeId('cps', consoleName) as never, asked, null),
    );
    await expect(reading).rejects.toMatchObject({ code: 'people.broken' });
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

async function stateOf(gate: GateId | undefined): Promise<string | undefined> {
  const rows = await vault.query<{ state: string }>('SELECT state FROM permit WHERE gate_id = $1', [
    decodeId('gat', gate ?? ''),
  ]);
  return rows[0]?.state;
}

async function erase(personId: Buffer): Promise<void> {
  const { erasure } = await vault.unitOfWork.run((tx) => vault.erasures.request(tx, SHOP, personId));
  await vault.unitOfWork.run((tx) => vault.erasures.gatesClosed(tx, API, erasure));
}
