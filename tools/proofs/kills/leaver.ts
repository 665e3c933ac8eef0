import type { PlatformInfo } from '@integument/testing';
import { Browser } from '../../outside/browser.js';
import { noticeOf } from '../../outside/notices.js';
import type { Visitor } from '../../outside/visitor.js';
import type { Actor } from './actor.js';
import { attempt, isAcknowledged } from './attempt.js';
import type { Ledger } from './ledger.js';
import { enrolmentOf } from './shop.js';
import { batchOf, toBody } from './subject-actor.js';

const REASON = { code: 'rights-request', reference: 'CASE-1' };

/** People who come, leave some data behind and then want to be forgotten. */
export class Leaver implements Actor {
  #count = 0;

  constructor(
    readonly name: string,
    private readonly info: PlatformInfo,
    private readonly client: Visitor,
    private readonly ledger: Ledger,
  ) {}

  async step(): Promise<void> {
    const account = `${this.name}-${++this.#count}`;
    const email = `${account}@kills.example`;
    const enrolled = await this.askVault<{ person: string }>('/v1/people', enrolmentOf(email, account));
    if (!isAcknowledged(enrolled)) return void this.ledger.unsurePeople.push(email);
    this.ledger.record(this.name, 'vault', 'people.enrol', enrolled.requestId);
    await this.leaveTraces(account);
    const { person } = enrolled.body;
    const erased = await this.askVault<{ erasure: string; claim: string }>(`/v1/people/${person}/erasure`, {
      reason: REASON,
    });
    if (!isAcknowledged(erased)) return;
    this.ledger.record(this.name, 'vault', 'people.erase', erased.requestId);
    this.ledger.erasures.push({ email, ...erased.body });
  }

  /** As far as the servers let them just now. */
  private async leaveTraces(account: string): Promise<void> {
    const browser = new Browser(this.info);
    try {
      await browser.signIn(account);
      await browser.openApiSession();
      const post = (path: string, body: object) =>
        attempt(browser, { method: 'POST', url: this.info.urls.api + path, body });
      await post('/v1/me/consents/ingest/give', { notice: noticeOf('ingest') });
      await post('/v1/readings', toBody(batchOf(1, 'person')));
    } catch {
      // Without traces, then.
    }
  }

  private askVault<T>(path: string, body: object) {
    return attempt<T>(this.client, { method: 'POST', url: this.info.urls.vault + path, body });
  }
}
