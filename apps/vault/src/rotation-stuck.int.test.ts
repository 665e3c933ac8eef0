import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Domain } from './features/keys/index.js';
import { RotationStore } from './features/rotation/index.js';
import { rotationView } from './features/rotation/rotation-view.js';
import { TestTokens } from './features/tokens/tokens.fixture.js';
import { LONG_MS, live, rotate, scheduleOf, TestClock, versionsOf } from './rotation.fixture.js';
import { TestVault } from './vault.fixture.js';

let vault: TestVault;
let clock: TestClock;
beforeEach(async () => {
  vault = await TestVault.open();
  clock = new TestClock();
});
afterEach(() => vault.close());

/** A version of the domain's key that has gone its whole way. */
async function destroyed(domain: Domain): Promise<number> {
  await rotate(vault, clock, domain);
  clock.passDays(31);
  await scheduleOf(vault, clock, {
    lives: { rotationDays: 300, destroyAfterDays: 30, mostUses: 2 ** 31 },
  }).schedule.run();
  const [first] = await versionsOf(vault, domain);
  expect(first?.state).toBe('destroyed');
  if (!first) throw new Error('no version');
  await vault.keys.refresh();
  return first.key_id;
}

describe('a row under a version that was destroyed', () => {
  it.each(['person', 'token'] as const)(
    'of %s stays, is counted, and keeps nothing else from being rotated and destroyed',
    async (table) => {
      for (const subject of ['ada', 'bob'])
        await vault.enrol({ fields: { email: `${subject}@example.org` }, account: { subject } });
      await new TestTokens(vault).make({ field: 'note', value: 'a value', type: 'deterministic' });
      const gone = await destroyed(table);
      const one = `ctid = (SELECT min(ctid) FROM ${table})`;
      await vault.query(`UPDATE ${table} SET domain_key = $1 WHERE ${one}`, [gone]);
      const { schedule } = scheduleOf(vault, clock);
      for (let month = 0; month < 4; month++) {
        await live(schedule, clock, 1, 6);
        clock.passDays(30);
      }
      const sql = `SELECT DISTINCT ON (domain) domain, waiting::int FROM rotation WHERE state = 'waiting' AND domain <> 'session'
        ORDER BY domain, started_at DESC`;
      // What lies under the value's or the person's key can't be digested anew either.
      const digests = table === 'person' ? 2 : 1;
      expect(await vault.query(sql)).toEqual([
        { domain: 'index', waiting: digests },
        { domain: table, waiting: 1 },
      ]);
      const rows = await vault.unitOfWork.run((tx) => new RotationStore().findNewest(tx));
      const views = rows.map((row) => rotationView(row, false));
      const waits = views.filter(({ waiting }) => waiting > 0).map(({ waitsFor }) => waitsFor);
      expect(waits).toEqual(['rows', 'rows']);
      for (const domain of ['permit', 'factor', table] as Domain[]) {
        const states = (await versionsOf(vault, domain)).slice(0, 2).map(({ state }) => state);
        expect(states).toEqual(['destroyed', 'destroyed']);
      }
      expect((await vault.keyring.versions()).available).toBeGreaterThan(1);
    },
    60_000,
  );

  it('is refused where rows are few', async () => {
    const gone = await destroyed('model');
    await expect(
      vault.query(
        `INSERT INTO model_key (model_key_id, domain_key, wrapped_key) VALUES ('\\x00', $1, '\\x00')`,
        [gone],
      ),
    ).rejects.toThrow('that is destroyed');
  });
});

describe('a rotation that fails at each step', () => {
  it('is told, and keeps no other from going on, and nothing from being destroyed', async () => {
    await vault.enrol({ fields: { email: 'ada@example.org' } });
    await vault.query(`
      CREATE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'never'; END $$;
      CREATE TRIGGER never BEFORE UPDATE ON person FOR EACH ROW EXECUTE FUNCTION never();`);
    const { schedule } = scheduleOf(vault, clock);
    clock.passDays(31);
    for (let round = 0; round < 6; round++) {
      await schedule.run().catch((error: Error) => expect(error.message).toBe('never'));
      clock.pass(LONG_MS);
    }
    clock.passDays(31);
    await expect(schedule.run()).rejects.toThrow('never');
    const sql = `SELECT domain FROM rotation WHERE state = 'moving'`;
    expect(await vault.query(sql)).toEqual([{ domain: 'person' }]);
    for (const domain of ['model', 'token'] as Domain[]) {
      expect((await versionsOf(vault, domain))[0]).toMatchObject({ state: 'destroyed' });
    }
  });
});
