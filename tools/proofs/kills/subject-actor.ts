import { randomUUID } from 'node:crypto';
import type { PurposeName, Reading } from '@integument/contracts';
import type { PlatformInfo, SeededRandom } from '@integument/testing';
import { Browser } from '../../outside/browser.js';
import { noticeOf } from '../../outside/notices.js';
import type { Actor } from './actor.js';
import { attempt, isAcknowledged, type Outcome } from './attempt.js';
import type { Batch, Consent, Ledger, Subject } from './ledger.js';

const PURPOSES = ['ingest', 'recommendation'] as const;
const DAY_MS = 86_400_000;

/** Which permit a person has now, and since when it is answered to be closed. Shared with the device that uses it. */
export interface Shared {
  readonly subject: Subject;
  permit: string | null;
  /** from the answer to a withdrawal until the next word about it; null while the purpose may be open */
  closedSince: number | null;
}

/** A signed-in person who gives consent, takes it back, and uses what it allows. One thing at a time. */
export class SubjectActor implements Actor {
  #shared: Shared;
  #browser: Browser | undefined;
  #lives = 0;
  #batches = 0;

  constructor(
    readonly name: string,
    private readonly info: PlatformInfo,
    private readonly ledger: Ledger,
    private readonly random: SeededRandom,
    private readonly products: readonly string[],
  ) {
    this.#shared = this.begin();
  }

  /** The permit as the person's device has it now. */
  get shared(): Shared {
    return this.#shared;
  }

  /** Somebody new, whose first word is still to come. */
  private begin(): Shared {
    const consents = new Map<PurposeName, Set<Consent>>(
      PURPOSES.map((purpose) => [purpose, new Set(['none'])]),
    );
    const name = `${this.name}-${++this.#lives}`;
    const subject = { name, consents, stored: [], unsure: [], refused: [], events: [] };
    this.ledger.subjects.push(subject);
    return { subject, permit: null, closedSince: null };
  }

  /**
   * Goes and never comes back, half of the time: the next word would set right what the unconfirmed one left, and the
   * servers have to do that by themselves.
   */
  private perhapsFallSilent(): void {
    if (this.random.chance(0.5)) return;
    this.#browser = undefined;
    this.#shared = this.begin();
  }

  async step(): Promise<void> {
    if (!this.#browser) return this.signIn();
    const purpose = this.random.pick(PURPOSES);
    if (!this.isOpen(purpose)) return this.give(purpose);
    if (this.random.chance(0.35)) return this.withdraw(purpose);
    if (purpose === 'recommendation') return this.tell();
    return this.random.chance(0.8) ? this.store() : this.read();
  }

  private async signIn(): Promise<void> {
    const browser = new Browser(this.info);
    try {
      await browser.signIn(this.#shared.subject.name);
      await browser.openApiSession();
      this.#browser = browser;
    } catch {
      // The vault or the API is down just now: later again.
    }
  }

  private async give(purpose: PurposeName): Promise<void> {
    if (purpose === 'ingest') this.#shared.closedSince = null;
    const states = this.statesOf(purpose);
    const maybeRepeated = states.size > 1;
    const outcome = await this.post<{ state: string; permit: string }>(`/v1/me/consents/${purpose}/give`, {
      notice: noticeOf(purpose),
    });
    if (!isAcknowledged(outcome)) {
      states.add('open').add('frozen');
      return this.perhapsFallSilent();
    }
    this.ledger.record(this.name, 'api', 'consent.give', outcome.requestId, maybeRepeated);
    if (outcome.body.state !== 'open') this.violation(`consent was answered as ${outcome.body.state}`);
    this.#shared.subject.consents.set(purpose, new Set(['open']));
    if (purpose === 'ingest') this.#shared.permit = outcome.body.permit;
  }

  private async withdraw(purpose: PurposeName): Promise<void> {
    const states = this.statesOf(purpose);
    const maybeRepeated = states.size > 1;
    const outcome = await this.post<{ state: string }>(`/v1/me/consents/${purpose}/withdraw`);
    if (!isAcknowledged(outcome)) return void states.add('frozen');
    this.ledger.record(this.name, 'api', 'consent.withdraw', outcome.requestId, maybeRepeated);
    this.#shared.subject.consents.set(purpose, new Set(['frozen']));
    if (outcome.status === 202) this.perhapsFallSilent();
    if (purpose !== 'ingest' || !this.#browser) return;
    this.#shared.closedSince = performance.now();
    // At once, since this is when a late effect would come.
    const late = [await this.post('/v1/readings', toBody(this.freshBatch())), await this.get(READ)];
    if (late.some(isAcknowledged))
      this.violation('readings were stored or read after an answered withdrawal');
  }

  private async store(): Promise<void> {
    const batch = this.freshBatch();
    const outcome = await this.post<{ duplicate: boolean }>('/v1/readings', toBody(batch));
    if (outcome.kind === 'refused') return void this.#shared.subject.refused.push(batch);
    if (!isAcknowledged(outcome)) return this.storeAgain(batch);
    this.ledger.record(this.name, 'api', 'readings.store', outcome.requestId);
    this.#shared.subject.stored.push(batch);
  }

  /** The same batch once more, as a device does: it must be there once. */
  private async storeAgain(batch: Batch): Promise<void> {
    const outcome = await this.post('/v1/readings', toBody(batch));
    (isAcknowledged(outcome) ? this.#shared.subject.stored : this.#shared.subject.unsure).push(batch);
  }

  private async read(): Promise<void> {
    const outcome = await this.get(READ);
    if (isAcknowledged(outcome)) this.ledger.record(this.name, 'api', 'readings.read', outcome.requestId);
  }

  private async tell(): Promise<void> {
    const product = this.random.pick(this.products);
    const event = { kind: 'interaction', event: randomUUID(), product, interaction: 'liked' };
    const outcome = await this.post('/v1/events', { events: [event] });
    if (!isAcknowledged(outcome)) return;
    this.ledger.record(this.name, 'api', 'events.record', outcome.requestId);
    this.#shared.subject.events.push(event);
  }

  private freshBatch(): Batch {
    return batchOf(++this.#batches, 'person');
  }

  private isOpen(purpose: PurposeName): boolean {
    const states = this.statesOf(purpose);
    return states.size === 1 && states.has('open');
  }

  private statesOf(purpose: PurposeName): Set<Consent> {
    return this.#shared.subject.consents.get(purpose) ?? new Set();
  }

  private violation(what: string): void {
    this.ledger.violations.push(`${this.name}: ${what}`);
  }

  private post<T>(path: string, body?: object): Promise<Outcome<T>> {
    return this.send('POST', path, body);
  }

  private get<T>(path: string): Promise<Outcome<T>> {
    return this.send('GET', path);
  }

  private send<T>(method: 'GET' | 'POST', path: string, body?: object): Promise<Outcome<T>> {
    const browser = this.#browser;
    if (!browser) throw new Error('nobody has signed in');
    return attempt<T>(browser, { method, url: this.info.urls.api + path, body });
  }
}

const READ = '/v1/readings?stream=skin-temperature&limit=10';

/** Readings of two days, and so two rows: a batch that is half there would show. Values and times are its own. */
export function batchOf(number: number, sender: 'person' | 'device'): Batch {
  const first = sender === 'person' ? Date.UTC(2026, 4, 1) : Date.UTC(2026, 5, 1);
  const start = first + number * 10;
  const readings = Array.from({ length: 8 }, (_, at): Reading => {
    return [start + (at % 2) * DAY_MS + at, number + at / 8];
  });
  return { batch: randomUUID(), readings };
}

export function toBody({ batch, readings }: Batch): object {
  return { batch, stream: 'skin-temperature', readings };
}
