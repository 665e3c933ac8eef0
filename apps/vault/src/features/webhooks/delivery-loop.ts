import type { AuditLog } from '@integument/audit-log';
import type { ClientId, WebhookBody } from '@integument/contracts';
import { encodeId } from '@integument/crypto';
import type { Tx, UnitOfWork } from '@integument/database';
import type { Logger } from '@integument/telemetry';
import { type Sent, secretOf, type WebhookSender } from '@integument/webhooks';
import type { DomainKeys } from '../keys/index.js';
import type { ClaimedDelivery, DeliveriesStore } from './deliveries.store.js';
import { DEAD_AFTER_HOURS, DEAD_KEPT_DAYS, OFF_AFTER_HOURS, pauseAfter } from './pauses.js';
import { VAULT, webhookSwitchedOff } from './webhooks.audit.js';
import type { EndpointRow, WebhooksStore } from './webhooks.store.js';

interface Endpoint extends EndpointRow {
  readonly secrets: readonly string[];
}

export interface DeliveryLoopParts {
  readonly store: WebhooksStore;
  readonly deliveries: DeliveriesStore;
  readonly keys: DomainKeys;
  readonly sender: Pick<WebhookSender, 'send'>;
  readonly audit: AuditLog;
  readonly unitOfWork: UnitOfWork;
  readonly logger: Pick<Logger, 'warn'>;
}

/** To one endpoint at the same time, from one process. */
const AT_ONCE = 4;
/** Well beyond the sender's patience: who is still sending is not overtaken. */
const LEASE_MS = 60_000;

/**
 * Sends what is due, at least once each: claimed by a lease, sent without a transaction, then marked. A crash in between sends it
 * again under the same id. What comes of one endpoint is waited for by no other.
 */
export class DeliveryLoop {
  readonly #parts: DeliveryLoopParts;
  readonly #busy = new Map<string, number>();
  readonly #running = new Set<Promise<void>>();
  #closed = false;

  constructor(parts: DeliveryLoopParts) {
    this.#parts = parts;
  }

  /** Begins to send what is due, and doesn't wait for it. @returns how many */
  async beat(): Promise<number> {
    if (this.#closed) return 0;
    const { unitOfWork, deliveries } = this.#parts;
    const claimed = await unitOfWork.single((tx) => deliveries.claim(tx, this.#busy, AT_ONCE, LEASE_MS));
    if (claimed.length === 0) return 0;
    for (const { client_id } of claimed) this.count(client_id, 1);
    // A failure leaves them to their lease.
    const endpoints = await this.endpointsOf(claimed).catch((error: unknown) => {
      for (const { client_id } of claimed) this.count(client_id, -1);
      throw error;
    });
    for (const delivery of claimed) this.begin(delivery, endpoints.get(delivery.client_id));
    return claimed.length;
  }

  /** Resolves when nothing is being sent. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.idle();
  }

  async sweep(tx: Tx): Promise<void> {
    const { store, deliveries } = this.#parts;
    await deliveries.sweep(tx, { deadAfterHours: DEAD_AFTER_HOURS, keptDays: DEAD_KEPT_DAYS });
    await store.sweep(tx);
  }

  private endpointsOf(claimed: readonly ClaimedDelivery[]): Promise<Map<string, Endpoint>> {
    const { store, keys, unitOfWork } = this.#parts;
    const clients = [...new Set(claimed.map(({ client_id }) => client_id))];
    return unitOfWork.run(async (tx) => {
      const rows = await store.findMany(tx, clients);
      const secrets = await store.findSecrets(tx, clients);
      keys.demandWarm(secrets);
      const of = (client: string) =>
        secrets
          .filter(({ client_id }) => client_id === client)
          .map((secret) => secretOf(keys.unwrap('webhook', secret.secretId, secret)));
      return new Map(rows.map((row) => [row.client_id, { ...row, secrets: of(row.client_id) }]));
    });
  }

  private begin(delivery: ClaimedDelivery, endpoint: Endpoint | undefined): void {
    const running = this.deliver(delivery, endpoint)
      .catch((error: unknown) => {
        // Its lease brings it back.
        this.#parts.logger.warn('a webhook could not be marked', { component: 'webhooks', error });
      })
      .finally(() => {
        this.#running.delete(running);
        this.count(delivery.client_id, -1);
      });
    this.#running.add(running);
  }

  private async deliver(delivery: ClaimedDelivery, endpoint: Endpoint | undefined): Promise<void> {
    // Removed since, with all that it was to be told.
    if (!endpoint) return;
    const message = {
      id: encodeId('whd', delivery.delivery_id),
      body: JSON.stringify(bodyOf(delivery)),
    };
    const sent = await this.#parts.sender.send(endpoint.url, message, endpoint.secrets);
    await (sent.code === 'delivered' ? this.works(delivery, endpoint) : this.fails(delivery, sent));
  }

  private async works(delivery: ClaimedDelivery, endpoint: Endpoint): Promise<void> {
    const { unitOfWork, store, deliveries } = this.#parts;
    await unitOfWork.run(async (tx) => {
      if (endpoint.failing_since) await store.works(tx, endpoint.client_id);
      await deliveries.delivered(tx, delivery);
    });
    // There may be more, and this one was quick.
    await this.beat();
  }

  private async fails(delivery: ClaimedDelivery, sent: Sent): Promise<void> {
    const { unitOfWork, store, deliveries, audit, logger } = this.#parts;
    const pause = pauseAfter(delivery.attempts + 1);
    const because = await unitOfWork.run(async (tx) => {
      const client = delivery.client_id as ClientId;
      const off = await store.fails(tx, client, sent.code === 'gone', OFF_AFTER_HOURS);
      await deliveries.failed(tx, delivery, sent, pause);
      if (off)
        await audit.append(tx, webhookSwitchedOff({ ...VAULT, object: client, details: { because: off } }));
      return off;
    });
    if (because)
      logger.warn('a webhook was switched off', { component: 'webhooks', code: `webhooks.${because}` });
    else if (pause === null)
      logger.warn('a webhook was given up', { component: 'webhooks', code: `webhooks.${sent.code}` });
  }

  private count(client: string, by: number): void {
    const now = (this.#busy.get(client) ?? 0) + by;
    if (now > 0) this.#busy.set(client, now);
    else this.#busy.delete(client);
  }
}

function bodyOf({ event, pseudonym, purpose, happened_at }: ClaimedDelivery): WebhookBody {
  const person = encodeId('cps', pseudonym);
  const timestamp = happened_at.toISOString();
  if (event === 'person.erased') return { type: event, timestamp, data: { person } };
  if (purpose === null) throw new Error('a consent without a purpose');
  return { type: event, timestamp, data: { person, purpose } };
}
