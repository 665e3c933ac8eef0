import { type PurposeName, restsOnConsent, type WebhookEvent } from '@integument/contracts';
import type { Tx } from '@integument/database';
import type { DeliveriesStore } from './deliveries.store.js';

/** What happened to somebody, for all clients that have a name for them: in the transaction in which it happens. */
export class WebhookEvents {
  constructor(private readonly store: DeliveriesStore) {}

  consent(tx: Tx, personId: Buffer, event: 'consent.given' | 'consent.ended', purpose: PurposeName): void {
    this.store.add(tx, personId, event, purpose);
  }

  /**
   * What was permitted is so no more. By the ground of the purpose and not by how it came: whoever asks for withdrawals has to hear of
   * opt-outs and of time as well. An endpoint from before there were objections hears of these as it hears of everything else.
   */
  stopped(tx: Tx, personId: Buffer, purpose: PurposeName): void {
    const event = restsOnConsent(purpose) ? 'consent.withdrawn' : 'consent.objected';
    this.store.add(tx, personId, event, purpose, 'consent.withdrawn');
  }

  /** A no before anything began. */
  declined(tx: Tx, personId: Buffer, purpose: PurposeName): void {
    this.store.add(tx, personId, restsOnConsent(purpose) ? 'consent.refused' : 'consent.objected', purpose);
  }

  /** The same happened to many. */
  consents(
    tx: Tx,
    people: readonly Buffer[],
    event: Exclude<WebhookEvent, 'person.erased'>,
    purpose: PurposeName,
  ): void {
    this.store.addMany(tx, people, event, purpose);
  }

  /** Before the person's names go. */
  erased(tx: Tx, personId: Buffer): Promise<void> {
    return this.store.addErased(tx, personId);
  }
}
