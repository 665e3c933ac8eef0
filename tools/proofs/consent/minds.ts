import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SeededRandom } from '@integument/testing';
import type pg from 'pg';
import { type Browser, signIn } from '../../outside/browser.js';
import { noticeOf } from '../../outside/notices.js';
import { attempt, isAcknowledged, type Outcome } from '../kills/attempt.js';
import { batchOf, toBody } from '../kills/subject-actor.js';
import type { SlowReplicas } from './replicas.js';

export const PURPOSES = ['ingest', 'recommendation'] as const;
type Purpose = (typeof PURPOSES)[number];

/** Requests that are on their way at once while a consent is taken back. */
const LANES = 2;
const LANE_RESTS_MS = 100;
const WITHDRAWN_WITHIN_MS = 40;
const TRIES = 400;

/** What was answered, and what must never have been. */
export interface Findings {
  readonly violations: string[];
  readonly served: { readonly action: string; readonly requestId: string }[];
  readonly receipts: string[];
  refused: number;
  withdrawals: number;
  /** requests that began after an answer: refused, and without an answer of the app */
  readonly late: { refused: number; unanswered: number };
  /** rows of permits that stayed closed */
  readonly closed: { readonly purpose: Purpose; readonly pseudonym: Buffer; readonly rows: number }[];
}

export const nothingFound = (): Findings => ({
  violations: [],
  served: [],
  receipts: [],
  refused: 0,
  withdrawals: 0,
  late: { refused: 0, unanswered: 0 },
  closed: [],
});

interface Changed {
  readonly permit: string | null;
  readonly receipt: string | null;
}

export interface Stage {
  readonly replicas: SlowReplicas;
  /** the platform's database, without a detour */
  readonly database: pg.Pool;
  readonly products: readonly string[];
  readonly random: SeededRandom;
  readonly findings: Findings;
  /** whether something may be away just now */
  readonly isDisturbed: boolean;
}

/** Somebody who agrees and takes it back, over and over, while their page and devices go on asking at both replicas. */
export class Mind {
  #batches = 0;

  private constructor(
    private readonly stage: Stage,
    private readonly browser: Browser,
  ) {}

  static async signedIn(stage: Stage, name: string): Promise<Mind> {
    return new Mind(stage, await signIn(stage.replicas.info, name));
  }

  /** One interleaving: a consent, what it allows, and its withdrawal at the same time. */
  async round(purpose: Purpose): Promise<void> {
    const { random, findings } = this.stage;
    const { permit } = await this.change('give', purpose);
    const pseudonym = Buffer.from((permit ?? '').slice('psn_'.length), 'base64url');
    const traffic = this.traffic(purpose);
    let answered = 0;
    try {
      await traffic.hasAnswered(random.below(LANES + 1));
      await this.takeBack(purpose);
      answered = await this.rows(purpose, pseudonym);
      await this.askAgain(purpose);
    } finally {
      await traffic.ended();
    }
    const after = await this.rows(purpose, pseudonym);
    if (after !== answered)
      findings.violations.push(`${after - answered} rows of ${purpose} after the answer`);
    findings.withdrawals++;
    findings.closed.push({ purpose, pseudonym, rows: answered });
  }

  /** Sometimes somebody else with the same session agrees at the same moment. */
  private async takeBack(purpose: Purpose): Promise<void> {
    const renewal = this.stage.random.chance(0.2)
      ? this.later(WITHDRAWN_WITHIN_MS, () => this.word('give', purpose))
      : null;
    await this.later(WITHDRAWN_WITHIN_MS, () => this.change('withdraw', purpose));
    if (!renewal) return;
    // Which of the two came last is not told by their answers: so a last word is said, and that counts.
    await renewal;
    await this.change('withdraw', purpose);
  }

  /** Requests one after the other on each lane, until they are told to end: then some are on their way. */
  private traffic(purpose: Purpose) {
    let isOver = false;
    let count = 0;
    const lane = async () => {
      while (!isOver) {
        await this.later(LANE_RESTS_MS, () => this.effect(purpose));
        count++;
      }
    };
    const lanes = Promise.all(Array.from({ length: LANES }, lane));
    return {
      hasAnswered: async (least: number) => {
        while (count < least) await sleep(2);
      },
      ended: async () => {
        isOver = true;
        await lanes;
      },
    };
  }

  /** Requests that begin when the answer is there: at every replica, each way. */
  async askAgain(purpose: Purpose): Promise<void> {
    const { replicas, findings } = this.stage;
    const asked = replicas.urls.flatMap((url) => [this.write(purpose, url), this.read(purpose, url)]);
    for (const { outcome } of await Promise.all(asked)) {
      if (outcome.kind === 'unknown') findings.late.unanswered++;
      else if (outcome.kind === 'refused' && [403, 404].includes(outcome.status)) findings.late.refused++;
      else
        findings.violations.push(`a request for ${purpose} that began after the answer: ${outcome.status}`);
    }
  }

  private async effect(purpose: Purpose): Promise<void> {
    const { random, findings, replicas } = this.stage;
    const url = random.pick(replicas.urls);
    const { action, outcome } = await (random.chance(0.6)
      ? this.write(purpose, url)
      : this.read(purpose, url));
    if (isAcknowledged(outcome)) findings.served.push({ action, requestId: outcome.requestId });
    else findings.refused++;
  }

  private async write(purpose: Purpose, url: string) {
    if (purpose === 'ingest') {
      const body = toBody(batchOf(++this.#batches, 'person'));
      return { action: 'readings.store', outcome: await this.send('POST', `${url}/v1/readings`, body) };
    }
    const product = this.stage.random.pick(this.stage.products);
    const event = { kind: 'interaction', event: randomUUID(), product, interaction: 'liked' };
    return {
      action: 'events.record',
      outcome: await this.send('POST', `${url}/v1/events`, { events: [event] }),
    };
  }

  private async read(purpose: Purpose, url: string) {
    const [action, path] =
      purpose === 'ingest'
        ? (['readings.read', '/v1/readings?stream=skin-temperature&limit=10'] as const)
        : (['recommendations.list', '/v1/recommendations?limit=5'] as const);
    return { action, outcome: await this.send('GET', `${url}${path}`) };
  }

  /** Says it until it is answered. */
  private async change(word: 'give' | 'withdraw', purpose: Purpose): Promise<Changed> {
    for (let tries = 0; tries < TRIES; tries++) {
      const outcome = await this.word(word, purpose);
      if (isAcknowledged(outcome)) return outcome.body;
      await sleep(50);
    }
    throw new Error(`${word} is not answered any more`);
  }

  private async word(word: 'give' | 'withdraw', purpose: Purpose): Promise<Outcome<Changed>> {
    const { random, replicas, findings } = this.stage;
    const url = `${random.pick(replicas.urls)}/v1/me/consents/${purpose}/${word}`;
    const body = word === 'give' ? { notice: noticeOf(purpose) } : undefined;
    const outcome = await this.send<Changed>('POST', url, body);
    if (!isAcknowledged(outcome)) return outcome;
    findings.served.push({ action: `consent.${word}`, requestId: outcome.requestId });
    if (outcome.body.receipt) findings.receipts.push(outcome.body.receipt);
    return outcome;
  }

  /** As many as there are, or as there were when the database was killed: an answer has to be true of both. */
  async rows(purpose: Purpose, pseudonym: Buffer): Promise<number> {
    const table = purpose === 'ingest' ? 'reading_chunk' : 'preference_event';
    for (let tries = 0; ; tries++) {
      try {
        const sql = `SELECT count(*)::int AS count FROM ${table} WHERE pseudonym = $1`;
        const { rows } = await this.stage.database.query<{ count: number }>(sql, [pseudonym]);
        return rows[0]?.count ?? 0;
      } catch (error) {
        if (!this.stage.isDisturbed || tries > TRIES) throw error;
        await sleep(50);
      }
    }
  }

  private async later<T>(withinMs: number, work: () => Promise<T>): Promise<T> {
    await sleep(this.stage.random.fraction() * withinMs);
    return work();
  }

  private send<T>(method: 'GET' | 'POST', url: string, body?: object): Promise<Outcome<T>> {
    return attempt<T>(this.browser, { method, url, body });
  }
}

/** Everybody has rounds of their own, in turns of both purposes, at the same time. */
export async function interleave(minds: readonly Mind[], rounds: number): Promise<void> {
  let left = rounds;
  await Promise.all(
    minds.map(async (mind, at) => {
      for (let turn = at; left-- > 0; turn++) await mind.round(PURPOSES[turn % 2] ?? 'ingest');
    }),
  );
}
