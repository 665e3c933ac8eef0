import { randomBytes } from 'node:crypto';
import {
  type ClientPseudonym,
  type ConsentImportId,
  type ErasureId,
  freezePermit,
  type GateId,
  mintImportedPermits,
  type PurposeName,
  pendingConsentImports,
  purposeNamed,
  type RouteContract,
  settleConsentImports,
} from '@integument/contracts';
import { decodeId } from '@integument/crypto';
import { OutboxWorker, type Tx, UnitOfWork } from '@integument/database';
import { FixedClock } from '@integument/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sessionContent, TestApi } from '../../../apps/api/src/api.fixture.js';
import { FREEZE_TOPIC, GateReconciler } from '../../../apps/api/src/features/consent/index.js';
import { ConsentImports, ImportedGatesStore } from '../../../apps/api/src/features/consent-imports/index.js';
import { RegisterStore } from '../../../apps/api/src/features/register/index.js';
import { SHOP, TestVault } from '../../../apps/vault/src/vault.fixture.js';
import { Crash, type Fault, InProcessVault } from './in-process-vault.js';

const FAULTS: readonly Fault[] = ['lost', 'unanswered', 'crash-before', 'crash-after'];
const ROUTES: readonly RouteContract[] = [pendingConsentImports, mintImportedPermits, settleConsentImports];
const DAY_MS = 86_400_000;
/** As long before that it is still good. */
const GIVEN_ON = dayBefore(100);

let vault: TestVault;
let api: TestApi;
let line: InProcessVault;
let outbox: OutboxWorker;
let reconciler: GateReconciler;
const clock = new FixedClock();
beforeAll(async () => {
  vault = await TestVault.open();
  line = new InProcessVault(vault);
  api = await TestApi.open(line.asClient());
  outbox = new OutboxWorker({
    unitOfWork: api.unitOfWork,
    handlers: {
      [FREEZE_TOPIC]: async (payload) => {
        await api.vault.call(freezePermit, { body: payload as { gate: GateId; epoch: number } });
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
beforeEach(() => {
  line.heal();
  const now = () => clock.now().getTime();
  reconciler = new GateReconciler(api.gates, api.outbox, api.unitOfWork, 60_000, now);
});

function dayBefore(days: number): string {
  return new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10);
}

let people = 0;
const enrol = () => vault.enrol({ fields: { email: `i${++people}@example.org` } });

function consentOf(person: string, purpose: PurposeName = 'ingest', change: object = {}) {
  const { notice } = api.agreementTo(purpose);
  const evidence = { form: 'newsletter-2024', wording: 'Yes, please', address: '192.0.2.7' };
  return { person, purpose, notice, givenOn: GIVEN_ON, evidence, ...change };
}

const bring = (consents: readonly object[]) =>
  vault.unitOfWork.run((tx) => vault.imports.take(tx, SHOP, consents, null));
const stateOf = (name: string) =>
  vault.unitOfWork.run((tx) => vault.imports.read(tx, SHOP, name as ConsentImportId));

/** Somebody whom the shop knows, and who signs in here. */
class Person {
  private constructor(
    readonly name: ClientPseudonym,
    readonly id: Buffer,
  ) {}

  static async enrolled(): Promise<Person> {
    const name = (await enrol()) as ClientPseudonym;
    return new Person(name, await vault.personIdOf(name));
  }

  async asker() {
    const permits = await vault.unitOfWork.run((tx) => vault.permits.ofPerson(tx, this.id));
    return api.asker(await api.openSession(sessionContent(await vault.sessionOf(this.id), permits)));
  }

  state = async (purpose: PurposeName = 'ingest') =>
    (await api.consents.list(await this.asker())).find((one) => one.purpose === purpose);
  give = async (purpose: PurposeName = 'ingest') =>
    api.consent.give(await this.asker(), purpose, api.agreementTo(purpose));
  withdraw = async (purpose: PurposeName = 'ingest') => api.takingBack.withdraw(await this.asker(), purpose);
  events = async (purpose: PurposeName = 'ingest') =>
    (await api.consents.history(await this.asker(), purpose)).events;
}

/** What the worker does after a crash, without waiting for wall time. */
async function reconcile(): Promise<void> {
  await reconciler.run();
  clock.advance({ minutes: 2 });
  await reconciler.run();
  while ((await outbox.work()) > 0);
}

async function contradictions(): Promise<unknown[]> {
  const gates = await api.query<{ gate_id: Buffer; state: string; pseudonym: Buffer | null }>(
    'SELECT gate_id, state, pseudonym FROM permit_gate',
  );
  const permits = await vault.query<{ gate_id: Buffer; state: string; pseudonym: Buffer | null }>(
    'SELECT gate_id, state, pseudonym FROM permit',
  );
  const known = new Map(permits.map((permit) => [permit.gate_id.toString('hex'), permit]));
  const opened = new Set(
    gates.filter(({ state }) => state === 'open').map(({ gate_id }) => gate_id.toString('hex')),
  );
  const unlike = gates.filter(({ gate_id, state, pseudonym }) => {
    const permit = known.get(gate_id.toString('hex'));
    if (state === 'open') return permit?.state !== 'open' || !pseudonym?.equals(permit.pseudonym ?? gate_id);
    return state === 'opening' || permit?.state === 'open';
  });
  return [
    ...unlike,
    ...permits.filter(({ gate_id, state }) => state === 'open' && !opened.has(gate_id.toString('hex'))),
  ];
}

/** A crash and a refusal are answers; anything else is a fault of ours. */
async function tolerating(work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    if (error instanceof Crash || (error as { code?: string }).code) return;
    throw error;
  });
}

describe('consents of before', () => {
  it('2,000 of them open 2,000 permits, each once, and days are all that is kept of when', async () => {
    const names: string[] = [];
    for (let at = 0; at < 1_000; at++) names.push(await enrol());
    const first = await bring(names.map((name) => consentOf(name, 'recommendation')));
    const second = await bring(names.map((name) => consentOf(name, 'analytics')));
    expect([first.accepted, second.accepted]).toEqual([1_000, 1_000]);
    expect(await stateOf(first.import)).toMatchObject({ pending: 1_000, done: 0, refusals: [] });
    expect(await api.imports.carryOut()).toBe(2_000);
    expect(await api.imports.carryOut()).toBe(0);
    expect(await stateOf(first.import)).toMatchObject({ pending: 0, done: 1_000, refusals: [] });
    const gates = await api.query(
      `SELECT purpose, count(*)::int AS count, count(DISTINCT pseudonym)::int AS names, min(ends_on::text) AS ends
       FROM permit_gate WHERE state = 'open' GROUP BY purpose ORDER BY purpose`,
    );
    const ends = (purpose: PurposeName) => dayBefore(100 - purposeNamed(purpose).consentDays);
    expect(gates).toEqual([
      { purpose: 'analytics', count: 1_000, names: 1_000, ends: ends('analytics') },
      { purpose: 'recommendation', count: 1_000, names: 1_000, ends: ends('recommendation') },
    ]);
    const events = await api.query(
      `SELECT kind, channel, on_day::text, count(*)::int FROM consent_event GROUP BY 1, 2, 3`,
    );
    expect(events).toEqual([{ kind: 'given', channel: 'import', on_day: GIVEN_ON, count: 2_000 }]);
    expect(await contradictions()).toEqual([]);
    const said = await api.entries();
    expect(said.filter(({ action }) => action === 'consent.import')).toHaveLength(2_000);
    const opened = (await vault.entries()).filter(({ action }) => action === 'permits.open');
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
    const person = await Person.enrolled();
    await bring([consentOf(person.name)]);
    await api.imports.carryOut();
    expect(await person.state()).toMatchObject({ state: 'open' });
    const [event] = await person.events();
    expect(event).toMatchObject({ kind: 'given', channel: 'import', onDay: GIVEN_ON });
    expect((await person.events())[0]?.receipt).toBe(event?.receipt);
    const record = contentOf(event?.receipt ?? null)['dpv:hasRecordOfActivity'];
    expect(record?.['dpv:hasConsentStatus']).toMatchObject({
      '@type': 'dpv:ConsentGiven',
      'dct:date': `${GIVEN_ON}T00:00:00.000Z`,
      'dct:valid': dayBefore(100 - purposeNamed('ingest').consentDays),
      'dpv:hasIndicationMethod': 'import',
    });
    await person.withdraw();
    expect((await person.events()).map(({ kind }) => kind)).toEqual(['given', 'withdrawn']);
    expect((await person.events())[0]?.receipt).toBe(event?.receipt);
  });

  it('of a notice that nobody published, or of another purpose, are refused later, and what would prove them goes', async () => {
    const [one, other] = [await Person.enrolled(), await Person.enrolled()];
    const unknown = randomBytes(32).toString('hex');
    const brought = await bring([
      consentOf(one.name, 'ingest', { notice: unknown }),
      consentOf(other.name, 'ingest', { notice: api.agreementTo('analytics').notice }),
    ]);
    expect(brought.accepted).toBe(2);
    await api.imports.carryOut();
    const code = 'consent_imports.notice_unknown';
    expect(await stateOf(brought.import)).toMatchObject({
      pending: 0,
      done: 0,
      refusals: [
        { at: 0, code },
        { at: 1, code },
      ],
    });
    expect(await one.state()).toMatchObject({ state: 'none' });
    const kept = await vault.query('SELECT evidence FROM consent_record WHERE refused IS NOT NULL');
    expect(kept).toEqual([{ evidence: null }, { evidence: null }]);
    // The right one can be sent after that.
    expect((await bring([consentOf(one.name)])).accepted).toBe(1);
    await api.imports.carryOut();
    expect(await one.state()).toMatchObject({ state: 'open' });
  });
});

describe('what is decided here', () => {
  it('after a consent has been taken, and before it is opened, counts for more', async () => {
    const [given, withdrawn] = [await Person.enrolled(), await Person.enrolled()];
    const brought = await bring([consentOf(given.name), consentOf(withdrawn.name)]);
    await given.give();
    await withdrawn.give();
    await withdrawn.withdraw();
    await api.imports.carryOut();
    const code = 'consent_imports.decided_here';
    expect((await stateOf(brought.import)).refusals.map((one) => one.code)).toEqual([code, code]);
    expect((await given.events()).map(({ channel }) => channel)).toEqual(['web']);
    expect(await withdrawn.state()).toMatchObject({ state: 'frozen' });
    expect(await contradictions()).toEqual([]);
  });

  it('is not undone by the same list sent again, not even once the permit is erased', async () => {
    const person = await Person.enrolled();
    await bring([consentOf(person.name)]);
    await api.imports.carryOut();
    await person.withdraw();
    const refusals = [{ at: 0, code: 'consent_imports.decided_here' }];
    const again = await bring([consentOf(person.name)]);
    await api.imports.carryOut();
    expect((await stateOf(again.import)).refusals).toEqual(refusals);
    expect(await person.state()).toMatchObject({ state: 'frozen' });
    await eraseWithdrawn(person);
    const late = await bring([consentOf(person.name)]);
    await api.imports.carryOut();
    expect((await stateOf(late.import)).refusals).toEqual(refusals);
    expect(await person.state()).toMatchObject({ state: 'none' });
  });

  it('while the vault has minted and the gate is not open yet holds: a withdrawn permit is not opened by a late batch', async () => {
    const person = await Person.enrolled();
    const brought = await bring([consentOf(person.name)]);
    const { underWay, release } = line.delayNext(mintImportedPermits);
    const carried = api.imports.carryOut();
    await underWay;
    expect((await person.withdraw()).state.state).toBe('frozen');
    release();
    await carried;
    await api.imports.carryOut();
    expect(await person.state()).toMatchObject({ state: 'frozen' });
    expect((await person.events()).map(({ kind }) => kind)).toEqual(['withdrawn']);
    expect((await stateOf(brought.import)).refusals).toEqual([
      { at: 0, code: 'consent_imports.decided_here' },
    ]);
    await reconcile();
    expect(await contradictions()).toEqual([]);
  });

  it('by somebody whose erasure begins meanwhile leaves no gate open', async () => {
    const person = await Person.enrolled();
    await bring([consentOf(person.name)]);
    const { underWay, release } = line.delayNext(mintImportedPermits);
    const carried = api.imports.carryOut();
    await underWay;
    await vault.unitOfWork.run((tx) => vault.erasures.request(tx, SHOP, person.id));
    release();
    await carried;
    await eraseAll();
    await api.imports.carryOut();
    expect(await vault.query('SELECT FROM consent_record WHERE person_id = $1', [person.id])).toEqual([]);
    expect(await vault.query('SELECT FROM imported_opening WHERE person_id = $1', [person.id])).toEqual([]);
    expect(await vault.query('SELECT FROM permit_ended WHERE person_id = $1', [person.id])).toEqual([]);
    expect(await contradictions()).toEqual([]);
  });
});

describe.each(ROUTES)('a call of $id', (route) => {
  it.each(FAULTS)('that is %s is made good by the next round', async (fault) => {
    const { brought, names } = await batch(5);
    line.failNext(route, fault);
    await tolerating(api.imports.carryOut());
    expect(line.hasFailed).toBe(true);
    await expectAllOpened(brought, names);
  });

  it.each(FAULTS)(
    'that is %s is made good after the reconciler has closed what stayed open',
    async (fault) => {
      const { brought, names } = await batch(5);
      line.failNext(route, fault);
      await tolerating(api.imports.carryOut());
      await reconcile();
      await expectAllOpened(brought, names);
    },
  );
});

describe('a process that ends', () => {
  it.each([0, 1])(
    'before or after each of its commits (%s) leaves what the next round finishes',
    async (after) => {
      for (let commit = 0; commit < 2; commit++) {
        for (const isReconciled of [false, true]) {
          const { brought, names } = await batch(3);
          const mortal = new MortalUnitOfWork(commit, after === 1);
          await expect(importsOn(mortal).carryOut()).rejects.toThrow(Crash);
          if (isReconciled) await reconcile();
          await expectAllOpened(brought, names);
        }
      }
    },
  );

  it('is many at once, and none opens what another one has opened', async () => {
    const { brought, names } = await batch(50);
    await Promise.all(Array.from({ length: 4 }, () => tolerating(api.imports.carryOut())));
    await expectAllOpened(brought, names);
  });
});

/** Ends the process at one of its transactions: before it commits, or after. */
class MortalUnitOfWork extends UnitOfWork {
  #left: number;

  constructor(
    commit: number,
    private readonly after: boolean,
  ) {
    super(api.dataSource);
    this.#left = commit;
  }

  override async run<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    if (this.#left-- > 0) return super.run(work);
    if (this.after) await super.run(work);
    throw new Crash();
  }
}

function importsOn(unitOfWork: UnitOfWork): ConsentImports {
  const store = new ImportedGatesStore();
  return new ConsentImports(store, api.gates, new RegisterStore(), api.vault, api.audit, unitOfWork);
}

async function batch(size: number) {
  const names: string[] = [];
  for (let at = 0; at < size; at++) names.push(await enrol());
  return { brought: (await bring(names.map((name) => consentOf(name)))).import, names };
}

async function expectAllOpened(brought: string, names: readonly string[]) {
  for (let round = 0; round < 3; round++) await api.imports.carryOut();
  expect(await stateOf(brought)).toMatchObject({ pending: 0, done: names.length, refusals: [] });
  await reconcile();
  for (const name of names) {
    const gates = await vault.query<{ gate_id: Buffer }>(
      `SELECT gate_id FROM permit JOIN client_pseudonym c USING (person_id) WHERE c.pseudonym = $1 AND state = 'open'`,
      [decodeId('cps', name)],
    );
    expect(gates).toHaveLength(1);
    const events = await api.query('SELECT kind, channel FROM consent_event WHERE gate_id = $1', [
      gates[0]?.gate_id,
    ]);
    expect(events).toEqual([{ kind: 'given', channel: 'import' }]);
  }
  expect(await contradictions()).toEqual([]);
}

/** People, in the order in which their gates lie. */
async function order(purpose: PurposeName): Promise<string[]> {
  const gates = await api.query<{ gate_id: Buffer }>(
    'SELECT gate_id FROM permit_gate WHERE purpose = $1 ORDER BY ctid',
    [purpose],
  );
  const permits = await vault.query<{ gate_id: Buffer; person_id: Buffer }>(
    'SELECT gate_id, person_id FROM permit WHERE purpose = $1',
    [purpose],
  );
  const whose = new Map(permits.map((one) => [one.gate_id.toString('hex'), one.person_id.toString('hex')]));
  return gates.map(({ gate_id }) => whose.get(gate_id.toString('hex')) ?? '');
}

/** As the worker erases a permit whose time is up. */
async function eraseWithdrawn(person: Person): Promise<void> {
  const [permit] = await vault.unitOfWork.run((tx) => vault.permits.ofPerson(tx, person.id));
  if (!permit) throw new Error('no permit');
  await vault.unitOfWork.run((tx) => vault.permits.destroy(tx, SHOP, permit.gate, permit.epoch));
  await api.unitOfWork.run((tx) => api.gates.destroy(tx, decodeId('gat', permit.gate)));
}

/** What the worker does for erasures that were asked for, as far as gates go. */
async function eraseAll(): Promise<void> {
  const { erasures } = await vault.unitOfWork.run((tx) => vault.erasures.pending(tx, SHOP));
  for (const { erasure: name, gates } of erasures) {
    const erasure = name as ErasureId;
    for (const gate of gates) await api.unitOfWork.run((tx) => api.gates.destroy(tx, decodeId('gat', gate)));
    await vault.unitOfWork.run((tx) => vault.erasures.gatesClosed(tx, SHOP, erasure));
    await vault.unitOfWork.run((tx) => vault.erasures.completed(tx, SHOP, erasure));
  }
}

function contentOf(receipt: string | null) {
  const content = Buffer.from(receipt?.split('.')[1] ?? '', 'base64url').toString('utf8');
  return JSON.parse(content) as Record<string, Record<string, object>>;
}
