import { randomBytes } from 'node:crypto';
import { staff } from '@integument/authz';
import { type CohortFacts, cohortFacts, type PurposeName } from '@integument/contracts';
import type { Asker } from '@integument/http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TestApi } from '../../api.fixture.js';
import type { VaultClient } from '../../platform/vault-client.js';
import { ErasureService } from '../erasure/index.js';
import { ModulePermits } from '../permits/index.js';
import { Census } from './census.js';
import { CohortsService } from './cohorts.service.js';
import { CohortsStore } from './cohorts.store.js';
import { Draws } from './draws.js';
import { FactsService } from './facts.service.js';

/** The vault's half: a key for each gate that is open there, and what happens while it is asked. */
class KeysInMemory {
  readonly keys = new Map<string, string>();
  whileAsked = () => Promise.resolve();

  async call(_route: object, { body }: { body: { gates?: string[]; gate?: string } }): Promise<unknown> {
    if (body.gate !== undefined) return { gate: body.gate };
    await this.whileAsked();
    const keys = (body.gates ?? []).map((gate) => {
      const key = this.keys.get(gate) ?? randomBytes(32).toString('base64url');
      this.keys.set(gate, key);
      return { gate, key, epoch: 1 };
    });
    return { keys };
  }
}

const MINIMUM = 10;
const QUESTIONS = 50;
const DAY = Date.UTC(2026, 2, 1);
const vault = new KeysInMemory();
const officer: Asker = {
  caller: staff({ id: 'ssn-officer', session: 'ssn-officer', roles: ['privacy-officer'] }),
  requestId: 'req-count',
};
const someone: Asker = { ...officer, requestId: 'req-someone' };

let api: TestApi;
let store: CohortsStore;
let facts: FactsService;
let permits: ModulePermits<'analytics'>;
let census: Census;
let cohorts: CohortsService;
beforeAll(async () => {
  api = await TestApi.open(vault as unknown as VaultClient);
  store = new CohortsStore();
  facts = new FactsService(store, api.audit);
  permits = new ModulePermits('analytics', api.permits);
  census = new Census(store, permits, api.unitOfWork);
  cohorts = cohortsWith(QUESTIONS);
});
afterAll(() => api.close());
afterEach(async () => {
  vault.whileAsked = () => Promise.resolve();
  await api.query('DELETE FROM permit_gate');
  await api.query('DELETE FROM cohort_facts');
  await api.query('DELETE FROM audit_staging');
  await api.query('UPDATE cohort_budget SET asked = 0');
});

function cohortsWith(questions: number): CohortsService {
  const draws = new Draws(api.platformSecret, MINIMUM);
  return new CohortsService(store, census, draws, questions, api.audit, api.unitOfWork, () => DAY);
}

const told = (some: Partial<CohortFacts>): CohortFacts =>
  cohortFacts.parse({
    skinType: 'dry',
    concerns: [],
    productsUsed: 0,
    routineSteps: 0,
    interactions: 0,
    ...some,
  });

/** Somebody who agreed, and said this. */
async function agreed(some: Partial<CohortFacts> = {}, purpose: PurposeName = 'analytics') {
  const { gate, pseudonym } = await api.openGate(purpose);
  await permits.through(pseudonym, 'analytics', (tx, leave) => facts.put(tx, someone, leave, told(some)));
  return { gate, pseudonym };
}

async function many(count: number, some: Partial<CohortFacts> = {}) {
  return Promise.all(Array.from({ length: count }, () => agreed(some)));
}

const near = (count: number): unknown =>
  expect.toSatisfy((told: number) => told % 5 === 0 && Math.abs(told - count) < 5);
const withdraw = (gate: Buffer) =>
  api.query(
    `UPDATE permit_gate SET state = 'frozen', epoch = 2, due_on = current_date, ends_on = NULL WHERE gate_id = $1`,
    [gate],
  );
const entriesOf = async (action: string) => (await api.entries()).filter((entry) => entry.action === action);

describe('facts', () => {
  it('are kept sealed, all of one length, and replaced by what is said later', async () => {
    const { pseudonym } = await agreed({ concerns: ['acne', 'redness'] });
    await agreed();
    const rows = await api.query<{ sealed: Buffer }>('SELECT sealed FROM cohort_facts');
    expect(new Set(rows.map(({ sealed }) => sealed.length)).size).toBe(1);
    expect(rows.some(({ sealed }) => sealed.includes('acne'))).toBe(false);
    const again = told({ skinType: 'oily', productsUsed: 5 });
    const read = await permits.through(pseudonym, 'analytics', async (tx, leave) => {
      await facts.put(tx, someone, leave, again);
      return facts.read(tx, someone, leave);
    });
    expect(read.facts).toEqual({ ...again, productsUsed: 3 });
  });

  it('are nobody’s before anything was said', async () => {
    const { pseudonym } = await api.openGate('analytics');
    const read = await permits.through(pseudonym, 'analytics', (tx, leave) => facts.read(tx, someone, leave));
    expect(read).toEqual({ facts: null });
  });

  it('go with an erasure', async () => {
    const [{ gate }, kept] = [await agreed(), await agreed()];
    await withdraw(gate);
    const consents = { eraseReceipts: () => Promise.resolve(), isNo: () => Promise.resolve(false) };
    const erasure = new ErasureService(
      api.gates,
      api.dueGates,
      api.keys,
      api.sessionsStore,
      [api.ingestStore, store],
      consents,
      vault as unknown as VaultClient,
      api.audit,
      api.unitOfWork,
    );
    expect(await erasure.eraseDue()).toBe(1);
    expect(await api.query('SELECT pseudonym FROM cohort_facts')).toEqual([{ pseudonym: kept.pseudonym }]);
  });
});

describe('a count', () => {
  it('is of those who agree now, by two dimensions, with totals and without small numbers', async () => {
    await many(31, { concerns: ['acne'] });
    await many(23);
    await many(40, { skinType: 'oily', concerns: ['acne'] });
    await many(28, { skinType: 'oily' });
    await many(3, { skinType: 'normal' });
    await many(30, { skinType: 'combination', concerns: ['redness'] });
    const [gone] = await many(1);
    await withdraw(gone?.gate as Buffer);
    const { people, base, cells, totals } = await cohorts.count(officer, {
      by: ['skinType', 'acne'],
      where: {},
    });
    expect([people, base]).toEqual([near(155), 5]);
    const of = (...values: string[]) => cells.find((cell) => cell.values.join() === values.join())?.people;
    expect([of('oily', 'yes'), of('oily', 'no')]).toEqual([near(68 - 28), near(28)]);
    expect([of('normal', 'yes'), of('normal', 'no'), of('sensitive', 'no')]).toEqual([null, null, null]);
    expect(totals.filter(({ dimension }) => dimension === 'acne').map(({ value }) => value)).toEqual([
      'yes',
      'no',
    ]);
    expect(totals.find(({ value }) => value === 'oily')?.people).toEqual(near(68));
    expect(totals.find(({ value }) => value === 'normal')?.people).toBeNull();
  });

  it('can be of some, and of a number by its bands', async () => {
    await many(25, { skinType: 'oily', productsUsed: 4 });
    await many(30, { skinType: 'oily', productsUsed: 40 });
    await many(25, { productsUsed: 4 });
    const { people, bands } = await cohorts.histogram(officer, {
      of: 'productsUsed',
      where: { skinType: 'oily' },
    });
    expect(people).toBe(55);
    expect(bands.map(({ from, to }) => [from, to])).toEqual([
      [0, 2],
      [3, 5],
      [6, 8],
      [9, 11],
      [12, null],
    ]);
    // That the rest are nobody would be what is missing of the total.
    expect(bands.map(({ people: some }) => some)).toEqual([null, null, null, null, 30]);
  });

  it('is the same when asked again, and on record with what was asked but whom for', async () => {
    await many(33);
    await many(27, { skinType: 'oily' });
    const question = { by: ['skinType' as const], where: { redness: 'no' } };
    expect(await cohorts.count(officer, question)).toEqual(await cohorts.count(officer, question));
    const [entry] = await entriesOf('cohorts.count');
    expect(entry).toMatchObject({
      outcome: 'done',
      purpose: 'analytics',
      count: near(60),
      details: { by: ['skinType'], where: ['redness'] },
    });
    expect(entry?.subject).toBeUndefined();
  });

  it('leaves in the log what whoever asks about everybody is told, whatever was asked for, and nothing of few', async () => {
    await many(33);
    await many(28, { skinType: 'oily' });
    const { people } = await cohorts.count(officer, { by: ['acne'], where: {} });
    await cohorts.count(officer, { by: ['acne'], where: { skinType: 'oily' } });
    await cohorts.histogram(officer, { of: 'productsUsed', where: { skinType: 'dry' } });
    const counted = [...(await entriesOf('cohorts.count')), ...(await entriesOf('cohorts.histogram'))];
    expect(counted.map(({ count }) => count)).toEqual([people, people, people]);
    expect(people).toEqual(near(61));
    await api.query('DELETE FROM permit_gate');
    await many(9);
    await expect(cohorts.count(officer, { by: ['acne'], where: {} })).rejects.toThrow('cohorts.too_small');
    expect((await entriesOf('cohorts.count')).at(-1)).not.toHaveProperty('count');
  });

  it('of too few says only that, and stands in the log as the question that it was', async () => {
    await many(20);
    await many(9, { skinType: 'oily' });
    const refused = cohorts.count(officer, { by: ['acne'], where: { skinType: 'oily' } });
    await expect(refused).rejects.toMatchObject({ code: 'cohorts.too_small', status: 422, recorded: true });
    expect(await entriesOf('cohorts.count')).toMatchObject([
      {
        outcome: 'refused',
        code: 'cohorts.too_small',
        count: near(29),
        details: { by: ['acne'], where: ['skinType'] },
      },
    ]);
  });

  it('has no answer beyond the day’s budget, however many ask at once; refusals are spent, too', async () => {
    const few = cohortsWith(3);
    await many(20);
    const ask = (skinType: string) => few.count(officer, { by: ['acne'], where: { skinType } });
    const codes = await Promise.all(
      ['dry', 'oily', 'dry', 'oily', 'dry'].map((type) =>
        ask(type).then(
          () => 'told',
          (error: { code: string }) => error.code,
        ),
      ),
    );
    expect(codes.filter((code) => code === 'cohorts.budget_spent')).toHaveLength(2);
    expect(await entriesOf('cohorts.count')).toHaveLength(3);
    await expect(ask('dry')).rejects.toMatchObject({ code: 'cohorts.budget_spent', recorded: false });
    await api.query('UPDATE cohort_budget SET on_day = on_day - 1');
    await expect(ask('dry')).resolves.toMatchObject({ people: 20 });
  });

  it('is of nothing while its entry can’t be written', async () => {
    await many(20);
    await api.query(`CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'broken'; END $$;
      CREATE TRIGGER broken BEFORE INSERT ON audit_staging EXECUTE FUNCTION broken()`);
    await expect(cohorts.count(officer, { by: ['acne'], where: {} })).rejects.toThrow();
    await api.query('DROP TRIGGER broken ON audit_staging; DROP FUNCTION broken()');
    expect(await api.query('SELECT asked FROM cohort_budget')).toEqual([{ asked: 0 }]);
  });
});

describe('a withdrawal', () => {
  it('while keys are fetched takes the person out before their facts are opened', async () => {
    const people = await many(20);
    for (const { gate } of people) api.keys.forget({ gate_id: gate } as never);
    vault.whileAsked = async () => {
      await withdraw(people[0]?.gate as Buffer);
    };
    expect((await census.take({ by: ['acne'], where: {} })).read).toBe(19);
  });

  it('after facts were opened takes the person out all the same', async () => {
    const people = await many(20);
    const counted = await census.take({ by: ['acne'], where: {} });
    await withdraw(people[0]?.gate as Buffer);
    const counts = await api.unitOfWork.run((tx) => census.countOpen(tx, counted));
    expect(counts).toEqual(new Map([['no', 19]]));
  });

  it('is not answered before a count that has the person in it', async () => {
    const people = await many(20);
    const counted = await census.take({ by: ['acne'], where: {} });
    const order: string[] = [];
    let withdrawn: Promise<unknown> | undefined;
    await api.unitOfWork.run(async (tx) => {
      await census.countOpen(tx, counted);
      withdrawn = withdraw(people[0]?.gate as Buffer).then(() => order.push('withdrawn'));
      await expect.poll(() => waitingFor('permit_gate')).toBe(1);
      order.push('counted');
    });
    await withdrawn;
    expect(order).toEqual(['counted', 'withdrawn']);
  });

  it('and an agreement to something else count nobody', async () => {
    await api.openGate('recommendation');
    await many(20);
    expect((await census.take({ by: ['acne'], where: {} })).read).toBe(20);
  });
});

async function waitingFor(table: string): Promise<number> {
  const rows = await api.query(
    `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE $1 AND datname = current_database()`,
    [`%UPDATE ${table}%`],
  );
  return rows.length;
}
