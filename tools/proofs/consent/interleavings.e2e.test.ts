import { setTimeout as sleep } from 'node:timers/promises';
import { receiptKeys } from '@integument/contracts';
import { proofCount, seededRandom } from '@integument/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testMachine } from '../../auditor/machine.fixture.js';
import { ask } from '../../outside/ask.js';
import { stranger } from '../../outside/visitor.js';
import { receiptCommand } from '../../verify/receipt.js';
import { countDone, type ExportedLog, exportLog } from '../kills/logs.js';
import { catalogue } from '../kills/round.js';
import { settle } from '../kills/settle.js';
import { FormerShop } from './former-shop.js';
import { effectsWhileClosed, importsAfterWords, timesDone } from './log-order.js';
import { interleave, Mind } from './minds.js';
import { SlowReplicas, TARGETS, type Target } from './replicas.js';
import { type Findings, nothingFound, PURPOSES, type Stage } from './stage.js';

const PEOPLE = proofCount(20, 60);
const INTERLEAVINGS = proofCount(200, 10_000);
/** Among as many a kill each hundred, in which everybody is amid a round of theirs: it costs seconds, and not the whole of the time. */
const DISTURBED = proofCount(20, 10_000);
const KILLS = proofCount(TARGETS.length, 100);
const SETTLED_WITHIN_MS = 60_000;

const random = seededRandom();
let replicas: SlowReplicas;
let database: pg.Pool;
let products: string[];
let shop: FormerShop;

beforeAll(async () => {
  replicas = await SlowReplicas.start(random);
  database = new pg.Pool({ connectionString: replicas.info.databases.platform.url, max: 16 });
  database.on('error', () => undefined); // a killed server takes idle connections with it
  products = await catalogue(replicas.info);
  shop = new FormerShop(replicas.info, random);
}, 180_000);
afterAll(async () => {
  await database?.end();
  await replicas?.stop();
});

/** Consents from before, in all runs up to now: the log has them all. */
const brought = { opened: 0, refused: 0, served: 0 };
let runs = 0;

/** @returns everybody who is there in the end */
async function play(findings: Findings, goesOn: (rounds: number) => boolean): Promise<Mind[]> {
  const stage: Stage = { replicas, shop, database, products, random, findings, firstWords: [] };
  const name = `mind-${++runs}`;
  const minds: Mind[] = [];
  for (let at = 0; at < PEOPLE; at += 8) {
    const some = Array.from({ length: Math.min(8, PEOPLE - at) }, (_, next) =>
      Mind.signedIn(stage, `${name}-${at + next}`),
    );
    minds.push(...(await Promise.all(some)));
  }
  await interleave(minds, goesOn, (which) => Mind.signedIn(stage, `${name}-new-${which}`), random);
  return minds;
}

async function interleaved(findings: Findings, count: number): Promise<void> {
  await play(findings, (rounds) => rounds < count);
}

/** The same, and for as long as it takes to kill one process after the other, each of which starts again. */
async function disturbed(findings: Findings, count: number): Promise<void> {
  let isOver = false;
  const playing = play(findings, (rounds) => !isOver || rounds < count);
  const killing = killAll(findings, count).finally(() => {
    isOver = true;
  });
  const [minds] = await Promise.all([playing, killing]);
  // What was answered before a process was gone is still so when it is back.
  for (const mind of minds) for (const purpose of PURPOSES) await mind.page.askAgain(purpose);
}

/** Spread over all of it, so that as many as can be meet with a kill. */
async function killAll(findings: Findings, count: number): Promise<void> {
  const targets: Target[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    while (findings.withdrawals < (kill * count) / KILLS) await sleep(20);
    if (targets.length === 0) targets.push(...random.shuffle(TARGETS));
    await replicas.kill(targets.pop() ?? 'replica', random);
  }
}

describe.each([
  { title: 'two slow replicas', run: interleaved, count: INTERLEAVINGS },
  {
    title: 'two slow replicas, while a replica, the vault, the worker and either PostgreSQL are killed',
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
    for (const what of ['opened', 'refused', 'served'] as const) brought[what] += findings.imports[what];
  }, 3 * 3_600_000);

  it(`are under load: requests are served and refused while consent is taken back (SEED=${random.seed})`, () => {
    const effects = findings.served.filter(({ action }) => !action.startsWith('consent.'));
    expect(findings.withdrawals).toBeGreaterThanOrEqual(count);
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

  it('open what was brought from elsewhere, but nothing about which its person had said a word here', () => {
    // Each of them, and some of what they opened was used.
    expect(Math.min(...Object.values(brought))).toBeGreaterThan(0);
    expect(importsAfterWords(log.entries)).toEqual([]);
    expect(countDone(log.entries, 'consent.import')).toBe(brought.opened);
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
    // Of a no before anything began there is none of a consent, and of what was said again there is none at all.
    expect(findings.receipts.length).toBeGreaterThan(count);
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
  }, 900_000);
});
