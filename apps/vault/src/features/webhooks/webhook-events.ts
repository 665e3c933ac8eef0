import type { PurposeName, WebhookEvent } from '@integument/contracts';
import type { Tx } from '@integument/database';
import type { DeliveriesStore } from './deliveries.store.js';

/** What happened to somebody, for all clients that have a name for them: in the transaction in which it happens. */
export class WebhookEvents {
  constructor(private readonly store: DeliveriesStore) {}

  consent(
    tx: Tx,
    personId: Buffer,
    event: Exclude<WebhookEvent, 'person.erased'>,
    purpose: PurposeName,
  ): void {
    this.store.add(tx, personId, event, purpose);
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
