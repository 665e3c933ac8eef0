import { staff } from '@integument/authz';
import { type BodyOf, type ClientPseudonym, type Enrolment, searchPeople } from '@integument/contracts';
import type { Asker } from '@integument/http';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { beginOf, LONG_MS, rotationsOf, TestClock } from '../../rotation.fixture.js';
import { RuleMakers } from '../../rules.fixture.js';
import { API, OTHER_SHOP, SHOP, TestVault } from '../../vault.fixture.js';
import { searchSection } from '../catalogue/index.js';

const DECLARED = searchSection.parse({
  people: 1_000,
  perMinute: 5,
  indexes: {
    domain: { of: ['email:domain'], bits: 1 },
    'name-and-year': { of: ['family_name', 'birth_date:year'], bits: 2 },
    country: { of: ['postal_address:country'], bits: 0 },
  },
});
const ANYWHERE = { regions: null, moves: null, shown: null };
const EVERYBODY = 8 * 16;

const memberOf = (id: string, factor: Date | null = new Date()): Asker => ({
  caller: staff({ id, session: 's', roles: ['support'], ...(factor && { secondFactorAt: factor }) }),
  requestId: `req-${id}`,
});

let vault: TestVault;
beforeAll(async () => {
  vault = await TestVault.open(DECLARED);
  // Enough people for what the indexes tell: 3 bits.
  await batch(Array.from({ length: EVERYBODY }, (_, n) => person(n)));
  await settle();
});
afterAll(() => vault.close());

/** Emails at 16 hosts, names of 8 families, births of 4 years. */
function person(n: number): Enrolment {
  return {
    fields: {
      email: `p${n}@host${n % 16}.example`,
      family_name: `Family ${n % 8}`,
      birth_date: `${1990 + (n % 4)}-01-01`,
      postal_address: { lines: ['1 Row'], locality: 'X', country: n % 2 ? 'SE' : 'DE' },
    },
    ...(n % 4 === 0 && { region: 'DE' }),
  };
}

async function batch(people: readonly Enrolment[], asker = SHOP): Promise<string[]> {
  const { results } = await vault.unitOfWork.run((tx) => vault.desk.enrolBatch(tx, asker, people, null));
  return results.map((result) => ('person' in result ? result.person : result.code));
}

async function settle(): Promise<void> {
  for (let beats = 0; beats < 40; beats++) {
    vault.ahead += 601_000;
    await vault.keeper.beat();
  }
}

const bodyOf = (where: object): BodyOf<typeof searchPeople> => {
  const body = searchPeople.body?.parse({ where });
  if (!body) throw new Error('search has no body');
  return body;
};
async function search(where: object, asker = SHOP) {
  vault.ahead += 60_000;
  return vault.searches.search(withFreshFactor(asker), bodyOf(where));
}
/** As the clock of the test has it. */
function withFreshFactor(asker: Asker): Asker {
  const { caller } = asker;
  if (caller.kind !== 'staff' || !caller.secondFactorAt) return asker;
  return { ...asker, caller: { ...caller, secondFactorAt: new Date(vault.now()) } };
}
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => (error as { code?: string }).code ?? String(error),
  );
/** How many people stand under the digest that a search looks for in an index. */
async function sharing(name: string, where: object): Promise<number> {
  const index = vault.personIndex.plan.indexes.find((one) => one.name === name);
  const [row] = vault.personIndex.lookedFor(index as never, where);
  const [found] = await vault.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM person_index WHERE index_id = $1 AND digest = $2',
    [row?.indexId, row?.digest],
  );
  return found?.count ?? 0;
}

describe('a search by parts', () => {
  it('tells of those who fit, though many more stand under the same digest', async () => {
    const where = { 'email:domain': 'host3.example' };
    expect(await sharing('domain', where)).toBeGreaterThan(EVERYBODY / 16);
    const { people, more } = await search(where);
    expect([people.length, more]).toEqual([EVERYBODY / 16, false]);
    expect(people.every(({ masked }) => masked.email?.endsWith('@host3.example'))).toBe(true);
  });

  it.each([
    [
      'whose key',
      'UPDATE person SET wrapped_key = set_byte(wrapped_key, 20, 255 - get_byte(wrapped_key, 20))',
    ],
    [
      'one of whose other values',
      `UPDATE identity_value SET sealed = set_byte(sealed, 20, 255 - get_byte(sealed, 20)) WHERE field = 'email'`,
    ],
  ])('leaves out somebody %s does not open, and says so without saying who', async (_, sql) => {
    const named = { family_name: 'Nobody Else', birth_date: '1971-01-01' };
    const [whole, broken] = [
      await vault.enrol({ fields: named }),
      await vault.enrol({ fields: { ...named, email: 'x@y.example' } }),
    ];
    const id = await vault.personIdOf(broken);
    await vault.query(`${sql} ${sql.includes('WHERE') ? 'AND' : 'WHERE'} person_id = $1`, [id]);
    vault.said.length = 0;
    const { people } = await search({ family_name: 'nobody else', 'birth_date:year': 1971 });
    expect(people.map(({ person }) => person)).toEqual([whole]);
    expect(vault.said).toContain('a person who does not open is left out of a search');
    await vault.query('DELETE FROM person WHERE person_id = ANY($1)', [[id, await vault.personIdOf(whole)]]);
  });

  it('tells of nobody where only others share the digest', async () => {
    const candidates = Array.from({ length: 20 }, (_, n) => ({ 'email:domain': `none${n}.example` }));
    const counts = await Promise.all(candidates.map((where) => sharing('domain', where)));
    // Of two digests in all, both lead to somebody.
    expect(Math.min(...counts)).toBeGreaterThan(0);
    expect(await search(candidates[0] as object)).toEqual({ people: [], more: false });
  });

  it('goes through all indexes together, and by what stores nothing as well', async () => {
    const where = { 'email:domain': 'host3.example', family_name: 'family 3', 'birth_date:year': 1993 };
    expect((await search(where)).people).toHaveLength(EVERYBODY / 16);
    expect((await search({ ...where, family_name: 'Family 4' })).people).toHaveLength(0);
    expect((await search({ ...where, 'postal_address:country': 'SE' })).people).toHaveLength(EVERYBODY / 16);
    expect((await search({ ...where, 'postal_address:country': 'DE' })).people).toHaveLength(0);
  });

  it('and by a whole value finds the one whom all of it fits', async () => {
    const of = (year: number) => ({
      email: 'P5@host5.example',
      family_name: 'Family 5',
      'birth_date:year': year,
    });
    expect((await search(of(1991))).people).toHaveLength(1);
    expect((await search(of(1990))).people).toHaveLength(0);
    expect((await search({ email: 'p5@host5.example', 'postal_address:country': 'SE' })).people).toHaveLength(
      1,
    );
  });

  it('that no index allows is refused by the names of its fields, and nobody is looked for', async () => {
    const refused = await search({
      given_name: 'Ada',
      family_name: 'Family 1',
      email: 'p1@host1.example',
    }).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      code: 'people.not_searchable',
      status: 400,
      places: [
        { path: 'body.where.given_name', rule: 'not_searchable' },
        { path: 'body.where.family_name', rule: 'not_searchable' },
      ],
    });
    expect(JSON.stringify(refused)).not.toContain('Ada');
  });

  it('says that there are more than it tells of', async () => {
    const year = { family_name: 'Many', 'birth_date:year': 1950 };
    const many = Array.from({ length: 51 }, (_, n) => ({
      fields: { family_name: 'many', birth_date: '1950-05-05', given_name: `G${n}` },
    }));
    await batch(many.slice(0, 50));
    const all = await search(year);
    expect([all.people.length, all.more]).toEqual([50, false]);
    await batch(many.slice(50));
    const cut = await search(year);
    expect([cut.people.length, cut.more]).toEqual([50, true]);
    // The same fifty each time: whoever asks again and again gets no further.
    expect(await search(year)).toEqual(cut);
    // Nor learns a client of how many others tell.
    expect(await search(year, OTHER_SHOP)).toEqual({ people: [], more: false });
  });

  it('is in the log with the names of its parts and how many were found', async () => {
    await vault.query('DELETE FROM audit_staging');
    await search({ 'email:domain': 'host3.example' });
    const [entry] = await vault.entries();
    expect(entry).toMatchObject({ action: 'people.search', fields: ['email.domain'], count: EVERYBODY / 16 });
    expect(JSON.stringify(entry)).not.toContain('host3');
  });
});

describe('of whom a search tells', () => {
  it('a client those it has a name for, in an order that is its own', async () => {
    const where = { 'email:domain': 'host9.example' };
    expect((await search(where, OTHER_SHOP)).people).toEqual([]);
    const own = await batch([person(9), person(25), person(41)], OTHER_SHOP);
    const found = (await search(where, OTHER_SHOP)).people.map((one) => one.person);
    expect([...found].sort()).toEqual([...own].sort());
    expect((await search(where)).people).toHaveLength(EVERYBODY / 16);
    const { people } = await search({ 'email:domain': 'host3.example' });
    const names = people.map((one) => one.person);
    const hex = (name: string) => Buffer.from(name).toString('hex');
    expect(names.map(hex)).toEqual(names.map(hex).sort());
  });

  it('staff everybody, by names that only those get who fit', async () => {
    const before = await named();
    const { people } = await search({ 'email:domain': 'host7.example' }, memberOf('sam'));
    expect(people).toHaveLength(EVERYBODY / 16);
    expect((await named()) - before).toBe(EVERYBODY / 16);
    const again = await search({ 'email:domain': 'host7.example' }, memberOf('sam'));
    expect(again).toEqual({ people, more: false });
  });

  it('whom the rules let the caller see', async () => {
    const makers = await RuleMakers.of(vault);
    const only = [{ region: ['DE'] }];
    const rule = {
      app: 'vault',
      resource: 'Person',
      only,
      id: 'home',
      action: 'read',
      who: { clients: ['brand-shop'] },
    };
    await makers.enact({ rules: [rule] });
    const searches = vault.searchesUnder(vault.rulesOfReplica());
    const found = async (host: number) =>
      (await searches.search(SHOP, bodyOf({ 'email:domain': `host${host}.example` }))).people;
    expect([(await found(4)).length, (await found(3)).length]).toEqual([EVERYBODY / 16, 0]);
    expect((await found(4)).every(({ region }) => region === 'DE')).toBe(true);
    await makers.enact({ rules: [] });
  });

  const named = async () =>
    (await vault.query(`SELECT FROM client_pseudonym WHERE client_id = 'console'`)).length;
});

describe('who may search by parts', () => {
  beforeEach(() => {
    vault.ahead += 60_000;
  });

  it('of staff are those who have just used a second factor', async () => {
    const late = memberOf('sue', new Date(vault.now() - 301_000));
    for (const asker of [late, memberOf('sue', null)]) {
      const coarse = vault.searches.search(asker, bodyOf({ 'email:domain': 'host3.example' }));
      expect(await codeOf(coarse)).toBe('auth.step_up_required');
      const exact = vault.searches.search(asker, bodyOf({ email: 'p1@host1.example' }));
      expect(await codeOf(exact)).toBe('done');
    }
  });

  it('may so often a minute, counted by all replicas together; by whole values as often as ever', async () => {
    const replicas = [vault.searches, vault.searchesUnder(vault.rulesOfReplica())];
    const minute = { 'email:domain': 'host3.example' };
    const all = Array.from({ length: 12 }, (_, n) =>
      codeOf((replicas[n % 2] ?? vault.searches).search(SHOP, bodyOf(minute))),
    );
    const codes = await Promise.all(all);
    expect(codes.filter((code) => code === 'done')).toHaveLength(5);
    expect(codes.filter((code) => code === 'request.rate_limited')).toHaveLength(7);
    expect(await codeOf(vault.searches.search(SHOP, bodyOf({ email: 'p1@host1.example' })))).toBe('done');
  });
});

describe('what stands in an index', () => {
  const rowsOf = async (name: string) =>
    vault.query<{ index_id: number; digest: string }>(
      `SELECT index_id, encode(digest, 'hex') AS digest FROM person_index WHERE person_id = $1 ORDER BY index_id`,
      [await vault.personIdOf(name)],
    );
  const update = (name: string, fields: object) =>
    vault.unitOfWork.run((tx) =>
      vault.people.update(tx, SHOP, name as ClientPseudonym, { fields }, ANYWHERE),
    );
  const isIn = async (where: object, name: string) =>
    (await search(where)).people.some(({ person: found }) => found === name);
  const enrol = (host: string, year = 1960) =>
    vault.enrol({ fields: { email: `x@${host}`, family_name: 'Solo', birth_date: `${year}-01-01` } });

  it('are so few bits as are declared, and nothing of the value', async () => {
    const digests = await vault.query<{ digest: string; count: number }>(
      `SELECT encode(digest, 'hex') AS digest, count(*)::int FROM person_index GROUP BY index_id, digest`,
    );
    expect(digests.every(({ digest }) => /^[048c]0$/.test(digest))).toBe(true);
    expect(digests.length).toBeLessThanOrEqual(2 + 4);
  });

  it('is what a person has now', async () => {
    const name = await enrol('before.example');
    expect(await isIn({ 'email:domain': 'before.example' }, name)).toBe(true);
    await update(name, { email: 'x@after.example' });
    expect(await isIn({ 'email:domain': 'before.example' }, name)).toBe(false);
    expect(await isIn({ 'email:domain': 'after.example' }, name)).toBe(true);
    // A compound is of what was changed and of what was not.
    await update(name, { family_name: 'Other' });
    expect(await isIn({ family_name: 'other', 'birth_date:year': 1960 }, name)).toBe(true);
    expect(await isIn({ family_name: 'solo', 'birth_date:year': 1960 }, name)).toBe(false);
  });

  it('is of both changes where two come together', async () => {
    const name = await enrol('both.example');
    const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    const [second] = await vault.unitOfWork.run(async (tx) => {
      const fields = { family_name: 'Both' };
      await vault.people.update(tx, SHOP, name as ClientPseudonym, { fields }, ANYWHERE);
      const asked = update(name, { birth_date: '1985-01-01' });
      await vi.waitFor(async () => expect(await vault.query(waiting)).toHaveLength(1), { timeout: 10_000 });
      return [asked];
    });
    await second;
    expect(await isIn({ family_name: 'both', 'birth_date:year': 1985 }, name)).toBe(true);
  });

  it('goes with the part that it is of', async () => {
    const name = await enrol('gone.example');
    expect(await rowsOf(name)).toHaveLength(2);
    await update(name, { birth_date: null });
    expect(await rowsOf(name)).toHaveLength(1);
    await update(name, { email: null, given_name: 'X' });
    expect(await rowsOf(name)).toHaveLength(0);
  });

  it('stays as it was where a change fails', async () => {
    const name = await enrol('stays.example');
    const before = await rowsOf(name);
    const failing = vault.unitOfWork.run(async (tx) => {
      const fields = { email: 'x@elsewhere.example', family_name: 'Y' };
      await vault.people.update(tx, SHOP, name as ClientPseudonym, { fields }, ANYWHERE);
      throw new Error('after the change');
    });
    await expect(failing).rejects.toThrow('after the change');
    expect(await rowsOf(name)).toEqual(before);
    expect(await isIn({ 'email:domain': 'stays.example' }, name)).toBe(true);
  });

  it('is nobody’s who is being erased, and then nothing', async () => {
    const name = await enrol('erased.example');
    const id = await vault.personIdOf(name);
    const reason = { code: 'rights-request', reference: 'CASE-1' } as const;
    const { erasure } = await vault.unitOfWork.run((tx) =>
      vault.erasures.requestFor(tx, SHOP, name as ClientPseudonym, reason, null),
    );
    expect((await search({ 'email:domain': 'erased.example' })).people).toEqual([]);
    await vault.unitOfWork.run((tx) => vault.erasures.gatesClosed(tx, API, erasure));
    expect(await vault.query('SELECT FROM person_index WHERE person_id = $1', [id])).toEqual([]);
  });

  it('is found at each step of a rotation of the index key, in processes that know of it and in those that do not yet', async () => {
    const clock = new TestClock();
    const names = [await enrol('turning.example')];
    const behind = await vault.another(DECLARED);
    const rotations = rotationsOf(vault, clock, { batch: 50 });
    const rotation = await beginOf(vault, clock, 'index');
    if (!rotation) throw new Error('not begun');
    const steps = { taken: 0, done: false };
    for (; steps.taken < 100 && !steps.done; steps.taken++) {
      await vault.keys.refresh();
      if (!(await rotations.step(rotation))) clock.pass(LONG_MS);
      if (steps.taken % 5 === 0) {
        const on = steps.taken % 2 ? vault : behind;
        names.push(await on.enrol({ fields: { email: `n${steps.taken}@turning.example` } }));
      }
      for (const on of [vault, behind]) expect(await turning(on)).toEqual([...names].sort());
      await behind.keys.refresh();
      const [row] = await vault.query<{ state: string }>('SELECT state FROM rotation');
      steps.done = row?.state === 'done';
    }
    expect(steps.done).toBe(true);
    const { id } = vault.keys.now('index');
    expect(await vault.query('SELECT FROM person_index WHERE index_key <> $1', [id])).toEqual([]);
    await behind.leave();
  });

  it('stays as it is in a process whose file is not in force, and keeps the old version of the key alive until another comes by', async () => {
    const clock = new TestClock();
    const name = await enrol('staying.example');
    const before = await vault.query(ALL_ROWS);
    const other = await vault.another(DECLARED);
    other.personIndex.use(null);
    await beginOf(other, clock, 'index');
    const through = async (on: TestVault) => {
      for (let round = 0; round < 5; round++) {
        await rotationsOf(on, clock, { batch: 1_000 }).tick();
        clock.pass(LONG_MS);
      }
      const sql = 'SELECT state, waiting > 0 AS waits FROM rotation ORDER BY started_at DESC LIMIT 1';
      return (await on.query(sql))[0];
    };
    expect(await through(other)).toEqual({ state: 'waiting', waits: true });
    expect(await vault.query(ALL_ROWS)).toEqual(before);
    await vault.keys.refresh();
    expect(await isIn({ 'email:domain': 'staying.example' }, name)).toBe(true);
    expect(await through(vault)).toEqual({ state: 'done', waits: false });
    await vault.keys.refresh();
    expect(await isIn({ 'email:domain': 'staying.example' }, name)).toBe(true);
    await other.leave();
  });

  const ALL_ROWS = `SELECT encode(person_id, 'hex') AS id, index_id, index_key, digest FROM person_index ORDER BY 1, 2`;
  async function turning(on: TestVault): Promise<string[]> {
    const where = { 'email:domain': 'turning.example' };
    const { people } = await on.unitOfWork.run((tx) => on.search.find(tx, SHOP, where, null));
    return people.map(({ person: one }) => one).sort();
  }
});
