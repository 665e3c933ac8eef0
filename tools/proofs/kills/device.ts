import type { PlatformInfo } from '@integument/testing';
import type { Visitor } from '../../outside/visitor.js';
import type { Actor } from './actor.js';
import { attempt, isAcknowledged } from './attempt.js';
import type { Ledger } from './ledger.js';
import { batchOf, type SubjectActor, toBody } from './subject-actor.js';

/**
 * Sends readings of somebody's permit without a thought for whether they have taken consent back meanwhile: the server
 * has to see to that.
 */
export class Device implements Actor {
  #batches = 0;

  constructor(
    readonly name: string,
    private readonly info: PlatformInfo,
    private readonly client: Visitor,
    private readonly ledger: Ledger,
    private readonly person: SubjectActor,
  ) {}

  async step(): Promise<void> {
    const { shared } = this.person;
    const { permit } = shared;
    if (!permit) return;
    const batch = batchOf(++this.#batches, 'device');
    const sent = performance.now();
    const closed = shared.closedSince;
    const outcome = await attempt(this.client, {
      method: 'POST',
      url: `${this.info.urls.api}/v1/readings`,
      body: toBody(batch),
      headers: { 'integument-permit': permit },
    });
    if (outcome.kind === 'refused') return void shared.subject.refused.push(batch);
    // A device that heard nothing forgets: whether this one is there nobody can say.
    if (!isAcknowledged(outcome)) return void shared.subject.unsure.push(batch);
    shared.subject.stored.push(batch);
    this.ledger.record(this.name, 'api', 'readings.store', outcome.requestId);
    // Sent after the withdrawal was answered and stored before the person said another word.
    if (closed !== null && closed < sent && shared.closedSince === closed)
      this.ledger.violations.push(`${this.name}: readings were stored after an answered withdrawal`);
  }
}
