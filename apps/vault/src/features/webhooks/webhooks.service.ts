import type { AuditLog } from '@integument/audit-log';
import {
  type BodyOf,
  type ClientId,
  DEAD_LETTERS_SHOWN,
  type DeliveryId,
  type listDeadLetters,
  type putWebhook,
  type Reason,
  type ReplyOf,
  type replayDeadLetters,
  type WebhookView,
} from '@integument/contracts';
import { decodeId, encodeId, randomId } from '@integument/crypto';
import type { Tx } from '@integument/database';
import { type Asker, by } from '@integument/http';
import { checkTarget, secretOf, type Target, type TargetRules } from '@integument/webhooks';
import type { VaultStaff } from '../../platform/callers.js';
import type { DomainKeys } from '../keys/index.js';
import type { DeliveriesStore } from './deliveries.store.js';
import { SECRET_OVERLAP_HOURS } from './pauses.js';
import {
  deadLettersListed,
  deadLettersReplayed,
  webhookPut,
  webhookRead,
  webhookRemoved,
  webhookSecretRotated,
} from './webhooks.audit.js';
import {
  notIdentity,
  targetRefused,
  webhookClientNotFound,
  webhookNotFound,
  webhookOff,
} from './webhooks.errors.js';
import type { EndpointRow, WebhooksStore } from './webhooks.store.js';

type Staff = Asker<VaultStaff>;

/** Where clients are told, as staff say and see it. */
export class WebhooksService {
  constructor(
    private readonly store: WebhooksStore,
    private readonly deliveries: DeliveriesStore,
    private readonly keys: DomainKeys,
    private readonly audit: AuditLog,
    private readonly rules: TargetRules,
  ) {}

  async read(tx: Tx, asker: Staff, client: ClientId): Promise<WebhookView> {
    const view = await this.view(tx, client);
    await this.audit.append(tx, webhookRead({ ...by(asker), object: client }));
    return view;
  }

  async put(tx: Tx, asker: Staff, client: ClientId, body: BodyOf<typeof putWebhook>) {
    const { events, reason } = body;
    const { url } = this.target(body.url);
    this.keys.demandMinted(1);
    const registered = await this.store.lockClient(tx, client);
    if (!registered) throw webhookClientNotFound();
    if (registered.use !== 'identity') throw notIdentity();
    const made = await this.store.put(tx, { client, url: url.href, events });
    const secret = made ? await this.addSecret(tx, client) : null;
    const details = { origin: url.origin, events, made };
    await this.audit.append(tx, webhookPut({ ...by(asker), object: client, reason, details }));
    return { ...(await this.view(tx, client)), secret };
  }

  async rotateSecret(tx: Tx, asker: Staff, client: ClientId, reason: Reason) {
    this.keys.demandMinted(1);
    await this.lock(tx, client);
    await this.store.retireSecrets(tx, client, SECRET_OVERLAP_HOURS);
    const secret = await this.addSecret(tx, client);
    await this.audit.append(tx, webhookSecretRotated({ ...by(asker), object: client, reason }));
    return { ...(await this.view(tx, client)), secret };
  }

  async remove(tx: Tx, asker: Staff, client: ClientId): Promise<void> {
    if (!(await this.store.remove(tx, client))) throw webhookNotFound();
    await this.audit.append(tx, webhookRemoved({ ...by(asker), object: client }));
  }

  async deadLetters(tx: Tx, asker: Staff, client: ClientId): Promise<ReplyOf<typeof listDeadLetters>> {
    await this.view(tx, client);
    const rows = await this.deliveries.findDead(tx, client, DEAD_LETTERS_SHOWN + 1);
    const shown = rows.slice(0, DEAD_LETTERS_SHOWN);
    await this.audit.append(tx, deadLettersListed({ ...by(asker), object: client, count: shown.length }));
    const deadLetters = shown.map((row) => ({
      delivery: encodeId('whd', row.delivery_id) as DeliveryId,
      type: row.event,
      happenedAt: row.happened_at.toISOString(),
      attempts: row.attempts,
      code: row.last_code,
      status: row.last_status,
    }));
    return { deadLetters, more: rows.length > shown.length };
  }

  /** Repeated it finds none of them dead, and does nothing. */
  async replay(tx: Tx, asker: Staff, client: ClientId, body: BodyOf<typeof replayDeadLetters>) {
    const { deliveries, reason } = body;
    if ((await this.lock(tx, client)).state === 'off') throw webhookOff();
    const ids = deliveries?.map((delivery) => decodeId('whd', delivery)) ?? null;
    const replayed = await this.deliveries.revive(tx, client, ids);
    await this.audit.append(
      tx,
      deadLettersReplayed({ ...by(asker), object: client, reason, count: replayed }),
    );
    return { replayed };
  }

  private target(url: string): Target {
    try {
      return checkTarget(url, this.rules);
    } catch (error) {
      throw targetRefused(error);
    }
  }

  /** The key is the secret: 32 random bytes, kept under the domain's key as data keys are. */
  private async addSecret(tx: Tx, client: ClientId): Promise<string> {
    const secretId = randomId();
    const { key, ...wrapped } = this.keys.mint('webhook', secretId);
    await this.store.addSecret(tx, client, secretId, wrapped);
    return secretOf(key);
  }

  private async lock(tx: Tx, client: ClientId): Promise<EndpointRow> {
    const row = await this.store.lock(tx, client);
    if (!row) throw webhookNotFound();
    return row;
  }

  private async view(tx: Tx, client: ClientId): Promise<WebhookView> {
    const row = await this.store.find(tx, client);
    if (!row) throw webhookNotFound();
    const url = new URL(row.url);
    return {
      client,
      url: `${url.origin}${url.pathname}`,
      events: row.events,
      state: row.state,
      offBecause: row.off_because,
      failingSince: row.failing_since?.toISOString() ?? null,
      secrets: row.secrets,
      waiting: row.waiting,
      dead: row.dead,
    };
  }
}
