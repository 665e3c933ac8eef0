import { randomId } from '@integument/crypto';
import { byteaArray, int2Array, type Tx, type UnitOfWork } from '@integument/database';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { moversOf } from './features/rotation/index.js';
import {
  again,
  begunOf,
  dyingAt,
  LONG_MS,
  openersOf,
  rotationsOf,
  stateOf,
  TestClock,
} from './rotation.fixture.js';
import { TestVault } from './vault.fixture.js';

const PEOPLE = 12_000;

let vault: TestVault;
let clock: TestClock;
beforeAll(async () => {
  vault = await TestVault.open();
  const ids = Array.from({ length: PEOPLE }, () => randomId());
  const minted = ids.map((id) => vault.keys.mint('person', id, randomId()));
  await vault.query(
    `INSERT INTO person (person_id, domain_key, wrapped_key, subject)
     SELECT id, key, wrapped, sha256(id) FROM unnest($1::bytea[], $2::int2[], $3::bytea[]) AS n(id, key, wrapped)`,
    [
      byteaArray(ids),
      int2Array(minted.map(({ domainKey }) => domainKey)),
      byteaArray(minted.map(({ wrapped }) => wrapped)),
    ],
  );
  await vault.query('ANALYZE person');
});
afterAll(() => vault.close());
beforeEach(() => {
  clock = new TestClock();
});

/** Opens everybody's key. @returns how many lie under the newest version @throws SealBroken */
async function open(): Promise<number> {
  const rows = await vault.query<{ id: Buffer; domainKey: number; wrapped: Buffer }>(
    'SELECT person_id AS id, domain_key AS "domainKey", wrapped_key AS wrapped FROM person',
  );
  for (const { id, ...wrapped } of rows) vault.keys.unwrap('person', id, wrapped);
  const { id: newest } = vault.keys.now('person');
  return rows.filter(({ domainKey }) => domainKey === newest).length;
}

/** Goes on until rows are to be moved. */
async function begun(): Promise<Buffer> {
  const rotation = await begunOf(vault, clock, 'person');
  while ((await stateOf(vault, 'person'))?.state !== 'moving') {
    await rotationsOf(vault, clock).step(rotation);
    clock.pass(LONG_MS);
  }
  return rotation;
}

async function finish(rotation: Buffer): Promise<void> {
  const next = rotationsOf(vault, clock, { batch: 2_000 });
  while (await again(() => next.step(rotation)));
  clock.pass(LONG_MS);
  await next.step(rotation);
  const [row] = await vault.query(
    'SELECT state, moved::int, total::int FROM rotation WHERE rotation_id = $1',
    [rotation],
  );
  expect(row).toEqual({ state: 'done', moved: PEOPLE, total: PEOPLE });
  expect(await open()).toBe(PEOPLE);
}

it('a batch reads its own rows, however many there are', async () => {
  const rotation = await begun();
  const [mover] = moversOf('person', openersOf(vault));
  await vault.unitOfWork.run(async (tx) => {
    // Of this connection, since it last told the server's statistics: never within a transaction.
    const scans = () =>
      tx.query(`SELECT seq_scan::int AS scans FROM pg_stat_xact_user_tables WHERE relname = 'person'`);
    const before = await scans();
    const moved = await mover?.move(tx, vault.keys.now('person').id, null, 300);
    expect(moved?.moved).toBe(300);
    expect(await scans()).toEqual(before);
  });
  await vault.query('UPDATE rotation SET moved = moved + 300');
  await finish(rotation);
});

/** One statement never gets there, and the others do. */
function losing(nth: number): UnitOfWork {
  let count = 0;
  const lossy = (tx: Tx): Tx => ({
    query: (...asked) => (++count === nth ? Promise.reject(new Error('lost')) : tx.query(...asked)),
    send: (...asked) => {
      if (++count === nth) throw new Error('lost');
      tx.send(...asked);
    },
  });
  const run: UnitOfWork['run'] = (work) => vault.unitOfWork.run((tx) => work(lossy(tx)));
  return { run } as UnitOfWork;
}

// Of a step: lock, read, four parts, cursor.
it.each([
  ['is lost', () => losing(4)],
  ['is lost at the end', () => losing(6)],
  ['is the last one of its process', () => dyingAt(vault, 5, 'after')],
  ['ends with its connection', () => dyingAt(vault, 3, 'killed')],
])('a batch of which one part %s is not written at all, and not skipped', async (_, faulty) => {
  const rotation = await begun();
  const first = rotationsOf(vault, clock, { batch: 2_000, unitOfWork: faulty() });
  await expect(first.step(rotation)).rejects.toThrow();
  expect(await again(open)).toBe(0);
  await finish(rotation);
});
