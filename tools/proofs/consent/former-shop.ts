import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PlatformInfo, SeededRandom } from '@integument/testing';
import { Client } from '../../outside/client.js';
import { noticeOf } from '../../outside/notices.js';
import { attempt } from '../kills/attempt.js';
import { enrolmentOf } from '../kills/shop.js';
import { insist } from './insist.js';
import type { Purpose } from './stage.js';

const DAY_MS = 86_400_000;
/** Today's is as late as any word here; the other is as old as consents of before usually are. */
const DAYS_AGO = [0, 100];
const CARRIED_OUT_WITHIN_MS = 180_000;

interface ImportState {
  readonly pending: number;
  readonly done: number;
}

/** The shop that people come from: it knows them by names of its own, and brings consents that they gave it before. */
export class FormerShop {
  readonly #client: Client;

  constructor(
    private readonly info: PlatformInfo,
    private readonly random: SeededRandom,
  ) {
    this.#client = new Client(info, 'brand-shop');
  }

  /** @returns its name for whoever signs in with this account */
  async enrol(account: string): Promise<string> {
    const body = enrolmentOf(`${account}@minds.example`, account);
    return (await this.post<{ person: string }>('/v1/people', body)).person;
  }

  /** @returns the import, which the worker comes to when it does */
  async bring(person: string, purpose: Purpose): Promise<string> {
    const givenOn = new Date(Date.now() - this.random.pick(DAYS_AGO) * DAY_MS).toISOString().slice(0, 10);
    const consent = {
      person,
      purpose,
      notice: noticeOf(purpose),
      givenOn,
      evidence: 'Form 7, at the counter',
    };
    const answer = await this.post<{ import: string; accepted: number }>('/v1/consent-imports', {
      consents: [consent],
    });
    if (answer.accepted !== 1)
      throw new Error(`a consent of before was not taken: ${JSON.stringify(answer)}`);
    return answer.import;
  }

  /** Waits until the import has come to its end. @returns whether it opened what it was for */
  async hasOpened(name: string): Promise<boolean> {
    const url = `${this.info.urls.vault}/v1/consent-imports/${name}`;
    const deadline = performance.now() + CARRIED_OUT_WITHIN_MS;
    while (performance.now() < deadline) {
      const ask = () => attempt<ImportState>(this.#client, { method: 'GET', url });
      const { pending, done } = (await insist('an import', ask)).body;
      if (pending === 0) return done > 0;
      await sleep(50);
    }
    throw new Error('an import does not come to an end');
  }

  /** Once, however often it has to be sent. */
  private async post<T>(path: string, body: object): Promise<T> {
    const headers = { 'idempotency-key': randomUUID() };
    const url = `${this.info.urls.vault}${path}`;
    return (await insist(path, () => attempt<T>(this.#client, { method: 'POST', url, body, headers }))).body;
  }
}
