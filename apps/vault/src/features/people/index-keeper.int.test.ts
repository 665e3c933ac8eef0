import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SHOP, TestVault } from '../../vault.fixture.js';
import { planSearch, type SearchSection, searchSection } from '../catalogue/index.js';
import { PersonIndex } from './person-index.js';

const declaring = (indexes: object) => searchSection.parse({ people: 1_000, indexes });
const domain = { of: ['email:domain'], bits: 2 };
const year = { of: ['birth_date:year'], bits: 2 };
const DOMAIN = declaring({ domain });
const BOTH = declaring({ domain, year });
/** Of 2 bits. */
const ENOUGH = 64;

let vault: TestVault;
let born = 0;
afterEach(() => vault.close());

async function enrol(count: number): Promise<void> {
  const people = Array.from({ length: count }, () => ({
    fields: { email: `p${++born}@host${born % 10}.example`, birth_date: `${1990 + (born % 3)}-01-01` },
  }));
  for (let at = 0; at < count; at += 500)
    await vault.unitOfWork.run((tx) => vault.desk.enrolBatch(tx, SHOP, people.slice(at, at + 500), null));
}

async function open(declared?: SearchSection): Promise<void> {
  born = 0;
  vault = await TestVault.open(declared);
}
/** As the process does once it is over, and the next one begins. */
async function restart(declared?: SearchSection): Promise<void> {
  vault = await vault.restart(declared);
}

/** However long the look at the table took, the next one is due. */
async function beat(times = 1): Promise<void> {
  for (let at = 0; at < times; at++) {
    vault.ahead += 601_000;
    await vault.keeper.beat();
  }
}

async function state() {
  const [row] = await vault.query<{ rows: number; people: number; stamped: number; ready: number }>(
    `SELECT (SELECT count(*)::int FROM person_index) AS rows, (SELECT count(*)::int FROM person) AS people,
       (SELECT count(*)::int FROM person WHERE search_plan = (SELECT max(plan_id) FROM search_plan)) AS stamped,
       (SELECT count(*)::int FROM search_index WHERE ready) AS ready`,
  );
  return row;
}

async function found(where: object): Promise<number | string> {
  const search = vault.unitOfWork.run((tx) => vault.search.find(tx, SHOP, where, null));
  return search.then(
    ({ people }) => people.length,
    (error: unknown) => (error as { code?: string }).code ?? String(error),
  );
}
const HOST = { 'email:domain': 'host1.example' };

describe('an index that is declared from the beginning', () => {
  beforeEach(() => open(DOMAIN));

  it('has nothing while there are too few people for what it tells', async () => {
    await enrol(ENOUGH - 1);
    await beat(5);
    expect(await state()).toMatchObject({ rows: 0, ready: 0 });
    expect(vault.said).toEqual(['search indexes wait until there are enough people']);
    expect(await found(HOST)).toBe('people.search_not_ready');
    await enrol(1);
    await beat(5);
    expect(await state()).toMatchObject({ rows: ENOUGH, ready: 1 });
    expect(await found(HOST)).toBe(7);
  });

  it('is left, and emptied, once there are too few again', async () => {
    await enrol(ENOUGH);
    await beat(5);
    await vault.query('DELETE FROM person WHERE person_id = (SELECT min(person_id) FROM person)');
    await beat(5);
    expect(await state()).toMatchObject({ rows: 0, ready: 0, people: ENOUGH - 1 });
    expect(await found(HOST)).toBe('people.search_not_ready');
  });

  it('is written by enrolments of all kinds, in their own statement', async () => {
    await enrol(ENOUGH);
    await beat(5);
    const before = (await state())?.rows ?? 0;
    await vault.enrol({ fields: { email: 'one@host1.example' } });
    await vault.beginSession('somebody-new');
    // Who has no email is in no index, and made by the plan all the same.
    expect(await state()).toMatchObject({ rows: before + 1, people: ENOUGH + 2, stamped: ENOUGH + 2 });
    expect(await found(HOST)).toBe(8);
  });

  it('takes nobody in whose enrolment fails', async () => {
    await enrol(ENOUGH);
    await beat(5);
    const before = await state();
    await vault.query(
      'ALTER TABLE audit_staging ADD CONSTRAINT full_disk CHECK (octet_length(entry) = 1) NOT VALID',
    );
    await expect(vault.enrol({ fields: { email: 'one@host1.example' } })).rejects.toThrow('full_disk');
    expect(await state()).toEqual(before);
  });
});

describe('an index that is declared later', () => {
  beforeEach(async () => {
    await open();
    await enrol(350);
  });

  it('is not looked into before everybody is in it', async () => {
    await restart(DOMAIN);
    // One look at how many are left, and a batch of a hundred.
    await beat(2);
    expect(await state()).toMatchObject({ rows: 100, ready: 0 });
    expect(await found(HOST)).toBe('people.search_not_ready');
    await beat(10);
    expect(await state()).toMatchObject({ rows: 350, stamped: 350, ready: 1 });
    expect(await found(HOST)).toBe(35);
    expect(vault.said).toEqual(['search indexes are complete']);
  });

  it('goes on where a process that was killed has left it', async () => {
    await restart(DOMAIN);
    await beat(3);
    const doing = vault.keeper.beat();
    // In the middle of a batch its connection is gone, and the process with it.
    await vault.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
    await doing.catch(() => undefined);
    const left = (await state())?.rows ?? 0;
    expect(left).toBeGreaterThanOrEqual(200);
    expect(left % 100).toBe(0);
    await restart(DOMAIN);
    const before = await versions();
    await beat(10);
    expect(await state()).toMatchObject({ rows: 350, ready: 1 });
    // Whoever was through was not gone through again.
    const after = await versions();
    const kept = [...before].filter(([row, version]) => after.get(row) === version);
    expect(kept).toHaveLength(left);
  });

  it('is filled by two processes together, which leave each other’s people alone', async () => {
    await restart(DOMAIN);
    const twin = new PersonIndex(planSearch(DOMAIN), vault.index);
    const other = vault.keeperOf(twin);
    await other.begin();
    for (let at = 0; at < 10; at++) {
      vault.ahead += 601_000;
      await Promise.all([vault.keeper.beat(), other.beat()]);
    }
    expect(await state()).toMatchObject({ rows: 350, stamped: 350, ready: 1 });
  });

  it('leaves what was ready before ready', async () => {
    await restart(DOMAIN);
    await beat(10);
    await restart(BOTH);
    expect(await found(HOST)).toBe(35);
    expect(await found({ 'birth_date:year': 1990 })).toBe('people.search_not_ready');
    await beat(12);
    expect(await state()).toMatchObject({ rows: 700, ready: 2 });
    expect(await found({ 'birth_date:year': 1990, ...HOST })).toBe(11);
  });

  it('goes with its declaration, row by row', async () => {
    await restart(BOTH);
    await beat(12);
    await restart(DOMAIN);
    expect(await found({ 'birth_date:year': 1990 })).toBe('people.not_searchable');
    await beat(12);
    expect(await state()).toMatchObject({ rows: 350, ready: 1 });
    await restart();
    await beat(12);
    expect(await state()).toMatchObject({ rows: 0, ready: 0 });
    expect(await found(HOST)).toBe('people.not_searchable');
  });

  it('of other bits is another index', async () => {
    await restart(DOMAIN);
    await beat(10);
    await restart(declaring({ domain: { ...domain, bits: 3 } }));
    expect(await found(HOST)).toBe('people.search_not_ready');
    await beat(10);
    expect(await found(HOST)).toBe(35);
    expect(await state()).toMatchObject({ rows: 350, ready: 1 });
  });

  it('by another name is the same one', async () => {
    await restart(DOMAIN);
    await beat(10);
    await restart(declaring({ host: domain }));
    expect(await found(HOST)).toBe(35);
  });

  it('leaves out who does not open, and says so', async () => {
    await vault.query(
      `UPDATE identity_value SET sealed = '\\x00' WHERE person_id = (SELECT min(person_id) FROM person)`,
    );
    await restart(DOMAIN);
    await beat(10);
    expect(await state()).toMatchObject({ rows: 349, stamped: 350, ready: 1 });
    expect(vault.said).toContain('a person who does not open is left out of the search indexes');
  });

  it('opens nobody who is being erased', async () => {
    await vault.query(
      `UPDATE person SET erasing = true WHERE person_id = (SELECT min(person_id) FROM person);
       UPDATE identity_value SET sealed = '\\x00' WHERE person_id = (SELECT min(person_id) FROM person)`,
    );
    await restart(DOMAIN);
    await beat(10);
    expect(await state()).toMatchObject({ rows: 349, stamped: 350, ready: 1 });
    expect(vault.said).toEqual(['search indexes are complete']);
  });

  /** Of each row of the index, by which transaction it was written. */
  async function versions(): Promise<Map<string, string>> {
    const rows = await vault.query<{ id: string; version: string }>(
      `SELECT encode(person_id, 'hex') AS id, xmin::text AS version FROM person_index`,
    );
    return new Map(rows.map(({ id, version }) => [id, version]));
  }
});

describe('a process with another file', () => {
  beforeEach(async () => {
    await open(DOMAIN);
    await enrol(ENOUGH);
    await beat(5);
  });

  it('that started earlier stands back; whom it enrols is found all the same, a moment later', async () => {
    const earlier = vault;
    const newer = new PersonIndex(planSearch(BOTH), vault.index);
    const keeper = earlier.keeperOf(newer);
    await enrol(4 * ENOUGH);
    await keeper.begin();
    await enrol(4);
    await beat(1);
    expect(earlier.said.at(-1)).toBe('search indexes follow the file of another process');
    expect(await found(HOST)).toBe('people.search_not_ready');
    // Without a number of any plan, for the other one to find.
    await enrol(4);
    for (let at = 0; at < 20; at++) {
      vault.ahead += 601_000;
      await keeper.beat();
    }
    const people = 5 * ENOUGH + 8;
    expect(await state()).toMatchObject({ people, rows: 2 * people, stamped: people, ready: 2 });
  });

  it('that is there no more leaves it to those that are', async () => {
    const newer = new PersonIndex(planSearch(BOTH), vault.index);
    await vault.keeperOf(newer).begin();
    await beat(3);
    expect(await found(HOST)).toBe('people.search_not_ready');
    await vault.query(`UPDATE search_plan SET seen_at = now() - interval '4 minutes'`);
    await beat(8);
    expect(await found(HOST)).toBe(7);
  });

  it('is known to be there by looking', async () => {
    await vault.query(`UPDATE search_plan SET seen_at = now() - interval '4 minutes'`);
    await beat(1);
    const seen = await vault.query<{ lately: boolean }>(
      `SELECT seen_at > now() - interval '1 minute' AS lately FROM search_plan ORDER BY plan_id DESC LIMIT 1`,
    );
    expect(seen).toEqual([{ lately: true }]);
  });

  it('that knows of no indexes changes somebody, and leaves nothing of before in them', async () => {
    const name = await vault.enrol({ fields: { email: 'x@host1.example' } });
    vault.personIndex.use(null);
    await vault.unitOfWork.run((tx) =>
      vault.people.update(
        tx,
        SHOP,
        name as never,
        { fields: { email: 'x@host2.example' } },
        { regions: null, moves: null, shown: null },
      ),
    );
    const id = await vault.personIdOf(name);
    expect(await vault.query('SELECT FROM person_index WHERE person_id = $1', [id])).toEqual([]);
    await restart(DOMAIN);
    await beat(5);
    expect(await found({ 'email:domain': 'host2.example' })).toBe(8);
  });
});

describe('where nothing is declared', () => {
  it('enrolments take one statement and write in no index, and there is nothing to keep', async () => {
    await open();
    await enrol(3);
    expect(vault.keeper.isNeeded).toBe(false);
    expect(await state()).toEqual({ rows: 0, people: 3, stamped: 0, ready: 0 });
    expect(await vault.query('SELECT FROM search_plan')).toEqual([]);
    expect(await found(HOST)).toBe('people.not_searchable');
  });
});
