import { randomId } from '@integument/crypto';
import { proofCount, type SeededRandom, seededRandom } from '@integument/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestApi } from '../../api.fixture.js';

const WRITERS = 4;
let api: TestApi;
beforeAll(async () => {
  api = await TestApi.open(undefined, 40);
});
afterAll(() => api.close());

describe('a table with a permit’s data', () => {
  it('takes rows under an open gate of its purpose only', async () => {
    const open = await api.openGate('ingest');
    const other = await api.openGate('recommendation');
    const insert = (pseudonym: Buffer) => api.query(INSERT('reading_chunk'), [pseudonym, randomId()]);
    await insert(open.pseudonym);
    await expect(insert(other.pseudonym)).rejects.toMatchObject({ code: 'IG001' });
    await expect(insert(randomId())).rejects.toMatchObject({ code: 'IG001' });
    await api.query("UPDATE permit_gate SET state = 'frozen', epoch = 2 WHERE gate_id = $1", [open.gate]);
    await expect(insert(open.pseudonym)).rejects.toMatchObject({ code: 'IG001' });
    await expect(
      api.query("UPDATE reading_chunk SET stream = 'x' WHERE pseudonym = $1", [open.pseudonym]),
    ).rejects.toMatchObject({ code: 'IG001' });
  });
});

const INSERT = (table: string) =>
  `INSERT INTO ${table} (pseudonym, stream, on_day, chunk_id, content, sealed)
   VALUES ($1, 'heart-rate', '2026-01-01', $2, '', '')`;

/** What the same table would be without the trigger, its application checking first; and with too weak a lock. */
const VARIANTS = `
  CREATE TABLE checked_first (LIKE reading_chunk);
  CREATE TABLE weakly_locked (LIKE reading_chunk);
  CREATE FUNCTION require_weakly() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM 1 FROM permit_gate WHERE pseudonym = NEW.pseudonym AND state = 'open' FOR KEY SHARE;
    IF NOT FOUND THEN RAISE EXCEPTION 'closed' USING ERRCODE = 'IG001'; END IF;
    RETURN NEW;
  END $$;
  CREATE TRIGGER weak BEFORE INSERT ON weakly_locked FOR EACH ROW EXECUTE FUNCTION require_weakly();`;

describe('effects against a withdrawal', () => {
  const random = seededRandom();
  const races = proofCount(250, 2_000);
  beforeAll(() => api.query(VARIANTS));

  it(`never come after its answer (${races} races, SEED=${random.seed})`, async () => {
    const { stored, late } = await raceMany('reading_chunk', races, random);
    expect(late).toBe(0);
    // A race that effects always lose, or always win, is none.
    expect(stored).toBeGreaterThan(races / 4);
    expect(stored).toBeLessThan(races * WRITERS);
  }, 300_000);

  it.each(['checked_first', 'weakly_locked'])(
    'do come late in a table that is %s: the races can tell',
    async (table) => {
      expect((await raceMany(table, 150, random)).late).toBeGreaterThan(0);
    },
  );
});

interface Tally {
  stored: number;
  late: number;
}

/** Ten races side by side, so that they also disturb each other. */
async function raceMany(table: string, races: number, random: SeededRandom): Promise<Tally> {
  const tally = { stored: 0, late: 0 };
  let left = races;
  const lane = async () => {
    while (left-- > 0) {
      const { stored, late } = await race(table, random);
      tally.stored += stored;
      tally.late += late;
    }
  };
  await Promise.all(Array.from({ length: 6 }, lane));
  return tally;
}

/** Some effects and one withdrawal at the same time. Late is what wasn't there yet when the withdrawal was answered. */
async function race(table: string, random: SeededRandom): Promise<Tally> {
  const { gate, pseudonym } = await api.openGate('ingest');
  const count = async () => {
    const sql = `SELECT count(*)::int AS count FROM ${table} WHERE pseudonym = $1`;
    return (await api.query<{ count: number }>(sql, [pseudonym]))[0]?.count ?? 0;
  };
  const effects = Array.from({ length: WRITERS }, () => effect(table, pseudonym, random));
  await sleepMs(random.fraction() * 8);
  await api.query(`UPDATE permit_gate SET state = 'frozen', epoch = epoch + 1 WHERE gate_id = $1`, [gate]);
  const answered = await count();
  await Promise.all(effects);
  const stored = await count();
  return { stored, late: stored - answered };
}

async function effect(table: string, pseudonym: Buffer, random: SeededRandom): Promise<void> {
  const [before, after] = [random.fraction() * 8, random.fraction() * 4];
  await sleepMs(before);
  const work = api.unitOfWork.run(async (tx) => {
    const open = await tx.query("SELECT 1 FROM permit_gate WHERE pseudonym = $1 AND state = 'open'", [
      pseudonym,
    ]);
    if (open.length === 0) return;
    await tx.query(INSERT(table), [pseudonym, randomId()]);
    await tx.query('SELECT pg_sleep($1)', [after / 1_000]);
  });
  await work.catch((error: unknown) => {
    if (!(error instanceof pg.DatabaseError) || error.code !== 'IG001') throw error;
  });
}

function sleepMs(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

describe('a gate', () => {
  const update = (gate: Buffer, set: string) =>
    api.query(`UPDATE permit_gate SET ${set} WHERE gate_id = $1`, [gate]);

  it.each([
    ['to an earlier epoch', "epoch = 1, state = 'frozen'"],
    ['from frozen to open', "state = 'open', epoch = 5"],
    ['to another pseudonym', `pseudonym = decode('${'ab'.repeat(16)}', 'hex')`],
    ['to opening at the epoch it was frozen at', "state = 'opening'"],
  ])('does not go %s', async (_, set) => {
    const { gate } = await api.openGate('ingest');
    await update(gate, "state = 'frozen', epoch = 3");
    await expect(update(gate, set)).rejects.toMatchObject({ code: 'IG004' });
  });

  it('that is destroyed stays so', async () => {
    const { gate } = await api.openGate('ingest');
    await update(gate, "state = 'destroyed', pseudonym = NULL, subject = NULL, epoch = 2");
    await expect(update(gate, "state = 'opening', epoch = 3")).rejects.toMatchObject({ code: 'IG004' });
  });
});
