import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { archiveEntries } from '@integument/audit-log';
import { proofCount, seededRandom } from '@integument/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  formatTilePath,
  generateNoteKey,
  NoteSigner,
  openCheckpoint,
  parseBundle,
  verifyConsistency,
} from '../../../libs/audit-log/src/core/index.js';
import { filledEntry, TestLog } from '../../../libs/audit-log/src/sql/log.fixture.js';
import { type End, runMortal } from './mortal.js';
import { type Death, MOMENTS, type MortalTask } from './mortal-task.js';

vi.setConfig({ testTimeout: 1_200_000 });
const random = seededRandom();
let log: TestLog;
beforeAll(async () => {
  log = await TestLog.open();
});
afterAll(() => log.drop());
beforeEach(async () => {
  await log.reset();
  await log.unitOfWork.single((tx) => tx.query('CREATE TABLE effect (writer int, n int)'));
});

const run = (task: Partial<MortalTask> & Pick<MortalTask, 'role'>): Promise<End> =>
  runMortal({ databaseUrl: log.url, key: log.pair.skey, ...task });

/**
 * Kills a process at its first step, its second, and so on, until it has none left: in a proof at each moment of each, in
 * a test at one moment of some.
 * @param share of the steps in a test
 * @param kill runs one that is to die so; @returns whether it did
 * @returns the number of steps
 */
async function atEveryStep(share: number, kill: (death: Death) => Promise<boolean>): Promise<number> {
  for (let at = 0; ; at++) {
    if (!random.chance(proofCount(share, 1))) continue;
    let died = false;
    for (const moment of proofCount(0, 1) ? MOMENTS : [random.pick(MOMENTS)]) {
      died = (await kill({ at, moment })) || died;
    }
    if (!died) return at;
  }
}

/** The last backend of a killed process may still be at work on what it was sent. */
async function settled(): Promise<void> {
  const sql =
    "SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'mortal' AND datname = current_database()";
  while ((await log.unitOfWork.single((tx) => tx.query<{ n: number }>(sql)))[0]?.n !== 0);
}

/** Checkpoints that somebody has seen must be of the log that it became. */
async function expectOneHistory(seen: ReadonlySet<string>, signer = log.signer): Promise<void> {
  const last = await log.reader.findCheckpoint();
  const { size, root } = openCheckpoint(last?.note ?? '', signer.verifier);
  for (const note of seen) {
    const earlier = openCheckpoint(note, log.signer.verifier);
    const proof = earlier.size > 0 ? await log.tree.consistency(earlier.size, size) : [];
    const holds = earlier.size === 0 || verifyConsistency(earlier.size, size, proof, earlier.root, root);
    expect(holds, `checkpoint of ${earlier.size}, seed ${random.seed}`).toBe(true);
  }
}

describe('an integrator that is killed with SIGKILL', () => {
  it('at any step loses nothing, doubles nothing and signs one history', async () => {
    await log.integrator().integrate();
    const seen = new Set<string>();
    const look = async () => seen.add((await log.reader.findCheckpoint())?.note ?? '');
    let n = 0;
    const steps = await atEveryStep(1, async (death) => {
      await log.append(n, n + 1);
      n += 2;
      const { died } = await run({ role: 'integrate', death });
      await look();
      await settled();
      await look();
      return died;
    });
    // Begin, head, last checkpoint, drain, advance, commit, and the look for more.
    expect(steps).toBeGreaterThanOrEqual(7);
    await log.integrator().integrate();
    expect(await log.numbers(), `seed ${random.seed}`).toEqual(Array.from({ length: n }, (_, at) => at));
    expect(await log.verify()).toMatchObject({ ok: true, size: n });
    await expectOneHistory(seen);
  });

  it('while it changes the key has changed it once, or not yet', async () => {
    const next = generateNoteKey(log.signer.name).skey;
    const signer = NoteSigner.parse(next);
    await atEveryStep(0.4, async (death) => {
      await log.reset();
      await log.append(1, 2);
      await log.integrator().integrate();
      const seen = new Set([(await log.reader.findCheckpoint())?.note ?? '']);
      await log.append(3);
      const { died } = await run({ role: 'integrate', key: next, retiredKey: log.pair.skey, death });
      await settled();
      await log.integrator({ signer, retired: log.signer }).integrate();
      const { entries } = await log.reader.page({ after: null, limit: 10 });
      const actions = entries.map(({ entry }) => entry?.action);
      expect(actions).toEqual(['tests.count', 'tests.count', 'audit.rotate_key', 'tests.count']);
      await expectOneHistory(seen, signer);
      return died;
    });
  });
});

describe('a writer that is killed with SIGKILL', () => {
  it('at any step leaves an entry for each effect, and none without', async () => {
    const acknowledged: string[] = [];
    let writer = 0;
    const steps = await atEveryStep(0.4, async (death) => {
      const { died, said } = await run({ role: 'write', writer, death });
      acknowledged.push(
        ...said
          .split('\n')
          .filter(Boolean)
          .map((n) => `${writer}/${n}`),
      );
      writer += 1;
      return died;
    });
    expect(steps).toBeGreaterThanOrEqual(2 * 4);
    await settled();
    await log.integrator().integrate();
    const effects = await log.unitOfWork.single((tx) =>
      tx.query<{ writer: number; n: number }>('SELECT * FROM effect'),
    );
    const names = (rows: { writer?: number; n: number }[]) =>
      rows.map((row) => `${row.writer}/${row.n}`).sort();
    const entries = names(await log.details());
    expect(entries, `seed ${random.seed}`).toEqual(names(effects));
    expect(entries).toEqual(expect.arrayContaining(acknowledged));
    expect(await log.verify()).toMatchObject({ ok: true });
  });
});

describe('an archive run that is killed with SIGKILL', () => {
  const SIZE = 300;
  let folder: string;

  it('at any step has lost no entry, and the next one ends it', async () => {
    await atEveryStep(0.15, async (death) => {
      // Sixty-odd steps: in a test some of them.
      if (random.chance(proofCount(0.8, 0)) && death.at < 40) return true;
      folder = mkdtempSync(join(tmpdir(), 'integument-kills-'));
      await log.reset();
      await log.fill(0, SIZE);
      await log.integrator().integrate();
      const { died } = await run({ role: 'archive', folder, death });
      await settled();
      await expectEverywhere();
      await archive();
      await log.integrator().integrate();
      expect((await log.reader.findCheckpoint())?.size, `step ${death.at}`).toBe(SIZE + 1);
      await expectEverywhere();
      const note = readFileSync(join(folder, 'checkpoint')).toString();
      await expectOneHistory(new Set([note]));
      rmSync(folder, { recursive: true });
      return died;
    });
  });

  function archive() {
    const { unitOfWork, signer } = log;
    const actor = { kind: 'process', id: 'audit-archive' } as const;
    return archiveEntries({ unitOfWork, signer, folder, before: SIZE, actor });
  }

  /** Every entry stands in the database, or else in the folder. */
  async function expectEverywhere(): Promise<void> {
    const sql = 'SELECT position, entry FROM audit_entry WHERE position < $1';
    const rows = await log.unitOfWork.single((tx) =>
      tx.query<{ position: string; entry: Buffer }>(sql, [SIZE]),
    );
    const found = new Map(rows.map(({ position, entry }) => [Number(position), entry as Uint8Array]));
    if (found.size < SIZE) {
      const path = formatTilePath({ level: 'entries', index: 0, width: 256 });
      for (const [at, entry] of parseBundle(readFileSync(join(folder, path)), 256).entries())
        found.set(at, entry);
    }
    for (let n = 0; n < SIZE; n++)
      expect(found.get(n)?.toString()).toEqual(Buffer.from(filledEntry(n)).toString());
  }
});
