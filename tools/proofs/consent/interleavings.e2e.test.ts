import { receiptKeys } from '@integument/contracts';
import { proofCount, seededRandom } from '@integument/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testMachine } from '../../auditor/machine.fixture.js';
import { ask } from '../../outside/ask.js';
import { stranger } from '../../outside/visitor.js';
import { receiptCommand } from '../../verify/receipt.js';
import { type ExportedLog, exportLog } from '../kills/logs.js';
import { catalogue } from '../kills/round.js';
import { settle } from '../kills/settle.js';
import { effectsWhileClosed, timesDone } from './log-order.js';
import { type Findings, interleave, Mind, nothingFound, PURPOSES } from './minds.js';
import { SlowReplicas, TARGETS } from './replicas.js';

const PEOPLE = proofCount(20, 60);
const INTERLEAVINGS = proofCount(200, 10_000);
const DISTURBED = proofCount(20, 1_000);
const KILLS = proofCount(3, 60);
const SETTLED_WITHIN_MS = 60_000;

const random = seededRandom();
let replicas: SlowReplicas;
let database: pg.Pool;
let products: string[];

beforeAll(async () => {
  replicas = await SlowReplicas.start(random);
  database = new pg.Pool({ connectionString: replicas.info.databases.platform.url, max: 16 });
  database.on('error', () => undefined); // a killed server takes idle connections with it
  products = await catalogue(replicas.info);
}, 180_000);
afterAll(async () => {
  await database?.end();
  await replicas?.stop();
});

let rounds = 0;

async function everybody(findings: Findings, isDisturbed: boolean, count: number): Promise<Mind[]> {
  const stage = { replicas, database, products, random, findings, isDisturbed };
  const name = `mind-${++rounds}`;
  const minds: Mind[] = [];
  for (let at = 0; at < count; at += 8) {
    const some = Array.from({ length: Math.min(8, count - at) }, (_, next) =>
      Mind.signedIn(stage, `${name}-${at + next}`),
    );
    minds.push(...(await Promise.all(some)));
  }
  return minds;
}

async function interleaved(findings: Findings, count: number): Promise<void> {
  await interleave(await everybody(findings, false, PEOPLE), count);
}

/** The same, while one process after the other is killed, and starts again. */
async function disturbed(findings: Findings, count: number): Promise<void> {
  const minds = await everybody(findings, true, PEOPLE / 2);
  let isOver = false;
  const interleaving = interleave(minds, count).finally(() => {
    isOver = true;
  });
  for (let kill = 0; kill < KILLS && !isOver; kill++)
    await replicas.kill(TARGETS[kill % TARGETS.length] ?? 'replica', random);
  await interleaving;
  // What was answered before a process was gone is still so when it is back.
  for (const mind of minds) for (const purpose of PURPOSES) await mind.askAgain(purpose);
}

describe.each([
  { title: 'two slow replicas', run: interleaved, count: INTERLEAVINGS },
  {
    title: 'two slow replicas, a replica, the vault and PostgreSQL killed',
    run: disturbed,
    count: DISTURBED,
  },
])('$title ($count interleavings)', ({ run, count }) => {
  const findings = nothingFound();
  let log: ExportedLog;

  beforeAll(async () => {
    await run(findings, count);
    await settle(replicas.info, SETTLED_WITHIN_MS);
    log = await exportLog(replicas.info, 'api');
  }, 3_600_000);

  it(`are under load: requests are served and refused while consent is taken back (SEED=${random.seed})`, () => {
    const effects = findings.served.filter(({ action }) => !action.startsWith('consent.'));
    expect(findings.withdrawals).toBe(count);
    // While processes are killed nobody answers for part of the time.
    expect(effects.length).toBeGreaterThan(count / 5);
    expect(findings.refused).toBeGreaterThan(count / 5);
  });

  it('let nothing through that began after the answer, and commit nothing after it', () => {
    expect(findings.violations).toEqual([]);
    // Who is not answered is served nothing; but one who is always away proves nothing.
    expect(findings.late.refused).toBeGreaterThan(2 * count);
  });

  it('leave nothing in a queue that takes effect later', async () => {
    const last = new Map(findings.closed.map((one) => [one.pseudonym.toString('hex'), one]));
    for (const { purpose, pseudonym, rows } of last.values()) {
      const table = purpose === 'ingest' ? 'reading_chunk' : 'preference_event';
      const counted = await database.query(`SELECT 1 FROM ${table} WHERE pseudonym = $1`, [pseudonym]);
      expect(counted.rowCount).toBe(rows);
    }
  });

  it('have a log in which every effect stands where its permit was open', () => {
    expect(log.report).toMatchObject({ ok: true });
    expect(effectsWhileClosed(log.entries)).toEqual([]);
  });

  it('serve nothing that the log doesn’t know', () => {
    const times = timesDone(log.entries);
    const unknown = findings.served.filter(({ action, requestId }) => times(action, requestId) !== 1);
    expect(unknown).toEqual([]);
  });

  it('give receipts that verify with the public keys alone, and not with a flipped byte', async () => {
    const keys = JSON.stringify(await ask(stranger, replicas.info.urls.api, receiptKeys));
    const verify = (receipt: string | Buffer) =>
      receiptCommand(['--receipt', 'r', '--keys', 'k'], testMachine({ r: receipt, k: keys }).machine);
    expect(findings.receipts.length).toBeGreaterThanOrEqual(2 * count);
    for (const [at, receipt] of findings.receipts.entries()) {
      expect(await verify(receipt)).toBe(0);
      // Of the last character of a part some bits mean nothing.
      const ends = [...receipt.matchAll(/\.|$/g)].map(({ index }) => index - 1);
      if (at % 5 > 0) continue;
      const places = [0, receipt.indexOf('.') + 1, receipt.length - 2, random.below(receipt.length)];
      for (const place of places) {
        if (ends.includes(place)) continue;
        const flipped = Buffer.from(receipt);
        flipped[place] = (flipped[place] ?? 0) ^ (1 << random.below(7));
        expect(await verify(flipped).catch(() => 1), `byte ${place}`).toBe(1);
      }
    }
  });
});
