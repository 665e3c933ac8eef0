import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Browser, signIn } from '../../outside/browser.js';
import { noticeOf } from '../../outside/notices.js';
import { attempt, isAcknowledged, type Outcome } from '../kills/attempt.js';
import { batchOf, toBody } from '../kills/subject-actor.js';
import { BACK_WITHIN_MS, insist } from './insist.js';
import type { Purpose, Stage } from './stage.js';

export type Word = 'give' | 'withdraw' | 'refuse';

export interface Changed {
  readonly state: string;
  readonly permit: string | null;
  readonly receipt: string | null;
}

interface Standing {
  readonly purpose: string;
  readonly state: string;
}

interface PastWord {
  readonly channel: string;
  readonly receipt: string | null;
}

/** Somebody's page and devices, which ask at both replicas. */
export class Page {
  #batches = 0;
  #beginning: Promise<void> | null = null;

  private constructor(
    private readonly stage: Stage,
    private readonly browser: Browser,
  ) {}

  static async signedIn(stage: Stage, name: string): Promise<Page> {
    return new Page(stage, await untilDone(() => signIn(stage.replicas.info, name)));
  }

  /** Says it until it is answered. */
  async change(word: Word, purpose: Purpose): Promise<Changed> {
    return (await insist(word, () => this.word(word, purpose))).body;
  }

  async word(word: Word, purpose: Purpose): Promise<Outcome<Changed>> {
    const { random, replicas, findings } = this.stage;
    const url = `${random.pick(replicas.urls)}/v1/me/consents/${purpose}/${word}`;
    const body = word === 'withdraw' ? undefined : { notice: noticeOf(purpose) };
    const outcome = await this.send<Changed>('POST', url, body);
    if (!isAcknowledged(outcome)) return outcome;
    // Who refuses what has begun takes it back.
    const said = word === 'refuse' && outcome.body.state === 'frozen' ? 'withdraw' : word;
    findings.served.push({ action: `consent.${said}`, requestId: outcome.requestId });
    if (outcome.body.receipt) findings.receipts.push(outcome.body.receipt);
    return outcome;
  }

  private async look<T>(path: string): Promise<T> {
    const { random, replicas } = this.stage;
    return (await insist(path, () => this.send<T>('GET', random.pick(replicas.urls) + path))).body;
  }

  async stateOf(purpose: Purpose): Promise<string | undefined> {
    const { consents } = await this.look<{ consents: readonly Standing[] }>('/v1/me/consents');
    return consents.find((one) => one.purpose === purpose)?.state;
  }

  /** Of a consent that was imported it is made when it is first read. */
  async keepReceipt(purpose: Purpose): Promise<void> {
    const path = `/v1/me/consents/${purpose}/history`;
    const { events } = await this.look<{ events: readonly PastWord[] }>(path);
    for (const { channel, receipt } of events)
      if (channel === 'import' && receipt) this.stage.findings.receipts.push(receipt);
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

  /** @returns whether it was served */
  async effect(purpose: Purpose): Promise<boolean> {
    const { random, findings, replicas } = this.stage;
    const url = random.pick(replicas.urls);
    const { action, outcome } = await (random.chance(0.6)
      ? this.write(purpose, url)
      : this.read(purpose, url));
    if (!isAcknowledged(outcome)) findings.refused++;
    else findings.served.push({ action, requestId: outcome.requestId });
    return isAcknowledged(outcome);
  }

  /** A session learns of what was opened elsewhere when it begins. With the new one the old one ends. */
  beginAnew(): Promise<void> {
    this.#beginning ??= this.begin().finally(() => {
      this.#beginning = null;
    });
    return this.#beginning;
  }

  /** Resolves when no other session is on its way. */
  async hasBegun(): Promise<void> {
    await this.#beginning;
  }

  private async begin(): Promise<void> {
    await untilDone(() => this.browser.openApiSession());
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

  /** As many as there are, or as there were when the database was killed: an answer has to be true of both. */
  async rows(purpose: Purpose, pseudonym: Buffer | null): Promise<number> {
    if (!pseudonym) return 0;
    const table = purpose === 'ingest' ? 'reading_chunk' : 'preference_event';
    const sql = `SELECT count(*)::int AS count FROM ${table} WHERE pseudonym = $1`;
    const { rows } = await untilDone(() => this.stage.database.query<{ count: number }>(sql, [pseudonym]));
    return rows[0]?.count ?? 0;
  }

  private send<T>(method: 'GET' | 'POST', url: string, body?: object): Promise<Outcome<T>> {
    return attempt<T>(this.browser, { method, url, body });
  }
}

/** Again where something is away just now, or has more to do than it can. */
async function untilDone<T>(work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + BACK_WITHIN_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await sleep(50);
    }
  }
}
