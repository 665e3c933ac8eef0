import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase, UnitOfWork } from '@integument/database';
import { proofCount, seededRandom } from '@integument/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCheckpoint, verifyConsistency } from '../../../libs/audit-log/src/core/index.js';
import { entry, TestLog } from '../../../libs/audit-log/src/sql/log.fixture.js';
import { startMortal } from './mortal.js';

const WRITERS = 16;
const HELD = 99;
/** The open transaction's time: a minute when it is proved whole. */
const HELD_MS = proofCount(1, 60) * 1_000;
const random = seededRandom();
let log: TestLog;
beforeAll(async () => {
  log = await TestLog.open();
});
afterAll(() => log.drop());

async function start(): Promise<ChildProcess> {
  const task = { role: 'integrate', forever: true, databaseUrl: log.url, key: log.pair.skey } as const;
  const child = startMortal(task);
  if (child.stdout) await once(child.stdout, 'data');
  return child;
}
const newest = async () => (await log.reader.findCheckpoint())?.note ?? '';

/** One writer's transactions, one after the other. @returns what it has committed, in its order */
async function write(unitOfWork: UnitOfWork, writer: number, isOver: () => boolean): Promise<number[]> {
  const committed: number[] = [];
  for (let n = 0; !isOver(); n += 10) {
    const numbers = Array.from({ length: 1 + random.below(3) }, (_, at) => n + at);
    const isLost = random.chance(0.1);
    const work = unitOfWork.run(async (tx) => {
      for (const number of numbers) await log.audit.append(tx, entry(number, writer));
      if (isLost) throw new Error('rolled back');
    });
    await work.catch((error: Error) => expect(error.message).toBe('rolled back'));
    if (!isLost) committed.push(...numbers);
    await sleep(random.below(20));
  }
  return committed;
}

/** Two integrators; now the one and now the other is killed, while the log grows, and started again. */
async function integrateAndKill(kills: number): Promise<void> {
  const running = await Promise.all([start(), start()]);
  for (let n = 0; n < kills; n++) {
    const before = await newest();
    while ((await newest()) === before);
    await sleep(random.below(10));
    const victim = random.below(2);
    await kill(running[victim]);
    running[victim] = await start();
  }
  await Promise.all(running.map(kill));
}

async function kill(child: ChildProcess | undefined): Promise<void> {
  if (!child) return;
  child.kill('SIGKILL');
  const [, signal] = (await once(child, 'exit')) as [unknown, string | null];
  // It had not ended before by a fault of its own.
  expect(signal).toBe('SIGKILL');
}

async function watch(isOver: () => boolean): Promise<Set<string>> {
  const seen = new Set<string>();
  while (!isOver()) {
    const note = await newest();
    if (note !== '') seen.add(note);
    await sleep(2);
  }
  return seen;
}

describe('two integrators, killed now and then, beside 16 writers and a transaction that stays open', () => {
  it('lose nothing, double nothing, keep every writer’s order and sign one history', async () => {
    const database = await openDatabase({
      url: log.url,
      poolSize: WRITERS,
      applicationName: 'writers',
      migrations: [],
    });
    const unitOfWork = new UnitOfWork(database);
    const held = await log.hold((tx) => log.audit.append(tx, entry(1, HELD), entry(2, HELD)));
    let isOver = false;
    const watching = watch(() => isOver);
    const writing = Array.from({ length: WRITERS }, (_, writer) => write(unitOfWork, writer, () => isOver));
    const whole = Promise.all([integrateAndKill(proofCount(3, 30)), sleep(HELD_MS)]);
    await whole.finally(() => {
      isOver = true;
    });
    const [seen, committed] = [await watching, await Promise.all(writing)];
    await database.destroy();
    // All but the open transaction's entries get in while it is open.
    await log.integrator().integrate();
    const total = committed.flat().length;
    expect((await log.reader.findCheckpoint())?.size).toBe(total);
    await held.end('commit');
    await log.integrator().integrate();

    const found = await log.details();
    for (const [writer, numbers] of [...committed, ...Array<number[]>(HELD - WRITERS), [1, 2]].entries()) {
      const own = found.filter((details) => details.writer === writer).map(({ n }) => n);
      expect(own, `writer ${writer}, seed ${random.seed}`).toEqual(numbers ?? []);
    }
    expect(found.slice(-2).map(({ writer }) => writer)).toEqual([HELD, HELD]);
    await expectOneHistory(seen, total + 2);
  }, 1_200_000);

  async function expectOneHistory(seen: ReadonlySet<string>, size: number): Promise<void> {
    expect(await log.verify(), `seed ${random.seed}`).toMatchObject({ ok: true, size });
    const { root } = openCheckpoint(await newest(), log.signer.verifier);
    expect(seen.size).toBeGreaterThan(1);
    for (const note of seen) {
      const earlier = openCheckpoint(note, log.signer.verifier);
      if (earlier.size === 0) continue;
      const proof = await log.tree.consistency(earlier.size, size);
      const holds = verifyConsistency(earlier.size, size, proof, earlier.root, root);
      expect(holds, `checkpoint of ${earlier.size}, seed ${random.seed}`).toBe(true);
    }
  }
});
