import { randomUUID } from 'node:crypto';
import type { PlatformInfo, SeededRandom } from '@integument/testing';
import type { Visitor } from '../../outside/visitor.js';
import type { Actor } from './actor.js';
import { attempt, isAcknowledged } from './attempt.js';
import type { Ledger } from './ledger.js';

const BATCH = 8;

/** An identity client that enrols people: one by one, one by one with an Idempotency-Key, many at a time. */
export class Shop implements Actor {
  #count = 0;

  constructor(
    readonly name: string,
    private readonly info: PlatformInfo,
    private readonly client: Visitor,
    private readonly ledger: Ledger,
    private readonly random: SeededRandom,
  ) {}

  step(): Promise<void> {
    const kind = this.random.below(10);
    if (kind === 0) return this.enrolMany();
    return kind < 5 ? this.enrolWithKey() : this.enrol();
  }

  private async enrol(): Promise<void> {
    const email = this.freshEmail();
    const outcome = await this.post<{ person: string }>('/v1/people', enrolmentOf(email));
    if (!isAcknowledged(outcome)) return void this.ledger.unsurePeople.push(email);
    this.ledger.record(this.name, 'vault', 'people.enrol', outcome.requestId);
    this.ledger.people.push({ email, person: outcome.body.person });
  }

  /** Tries again with the same key until there is an answer: the person must be enrolled once, under one name. */
  private async enrolWithKey(): Promise<void> {
    const email = this.freshEmail();
    const headers = { 'idempotency-key': randomUUID() };
    for (let tries = 0; tries < 200; tries++) {
      const outcome = await this.post<{ person: string }>('/v1/people', enrolmentOf(email), headers);
      if (!isAcknowledged(outcome)) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        continue;
      }
      if (outcome.kind === 'done') this.ledger.record(this.name, 'vault', 'people.enrol', outcome.requestId);
      return void this.ledger.people.push({ email, person: outcome.body.person });
    }
    this.ledger.unsurePeople.push(email);
  }

  /** The whole batch is there, or nothing of it. */
  private async enrolMany(): Promise<void> {
    const emails = Array.from({ length: BATCH }, () => this.freshEmail());
    const outcome = await this.post<{ results: { person: string }[] }>('/v1/people/batch', {
      people: emails.map((email) => enrolmentOf(email)),
    });
    if (!isAcknowledged(outcome)) return void this.ledger.unsurePeople.push(...emails);
    this.ledger.heard.set(this.name, performance.now());
    outcome.body.results.forEach(({ person }, at) => {
      this.ledger.people.push({ email: emails[at] ?? '', person });
    });
  }

  private freshEmail(): string {
    return `${this.name}-${++this.#count}@kills.example`;
  }

  private post<T>(path: string, body: object, headers: Record<string, string> = {}) {
    const url = `${this.info.urls.vault}${path}`;
    return attempt<T>(this.client, { method: 'POST', url, body, headers });
  }
}

export function enrolmentOf(email: string, subject?: string) {
  return {
    fields: { email, given_name: 'Ada', family_name: 'Canary' },
    ...(subject !== undefined && { account: { subject } }),
  };
}
