import { AuditLog } from '@integument/audit-log';
import {
  type ClientId,
  type GateId,
  type PurposeName,
  type WebhookBody,
  type WebhookEvent,
  webhookBody,
} from '@integument/contracts';
import { decodeId, encodeId, randomId } from '@integument/crypto';
import { type Sent, WebhookSender } from '@integument/webhooks';
import { Webhook } from 'standardwebhooks';
import { Receiver } from '../../../../../libs/webhooks/src/receiver.fixture.js';
import { CASE, Member } from '../../member.fixture.js';
import { API, TestVault } from '../../vault.fixture.js';
import { DeliveriesStore } from './deliveries.store.js';
import { DeliveryLoop } from './delivery-loop.js';
import { WebhooksService } from './webhooks.service.js';
import { WebhooksStore } from './webhooks.store.js';

export const ALL: readonly WebhookEvent[] = [
  'consent.given',
  'consent.withdrawn',
  'consent.ended',
  'person.erased',
];

export interface Told extends Receiver {
  readonly client: ClientId;
  readonly secret: string;
}

/** A vault with clients that are told at receivers of their own. */
export class WebhooksStage {
  readonly service: WebhooksService;
  readonly #receivers: Receiver[] = [];
  #clients = 0;

  private constructor(
    readonly vault: TestVault,
    readonly admin: Member,
  ) {
    this.service = new WebhooksService(
      new WebhooksStore(),
      new DeliveriesStore(),
      vault.keys,
      new AuditLog(),
      { loopback: true },
    );
  }

  static async open(): Promise<WebhooksStage> {
    const vault = await TestVault.open();
    return new WebhooksStage(vault, await Member.appointed(vault, 'admin', ['admin']));
  }

  async close(): Promise<void> {
    await Promise.all(this.#receivers.map((one) => one.close()));
    await this.vault.close();
  }

  /** What another process of the vault would send with. */
  loop(
    sender: Pick<WebhookSender, 'send'> = new WebhookSender({ loopback: true, timeoutMs: 3_000 }),
  ): DeliveryLoop {
    return new DeliveryLoop({
      store: new WebhooksStore(),
      deliveries: new DeliveriesStore(),
      keys: this.vault.keys,
      sender,
      audit: new AuditLog(),
      unitOfWork: this.vault.unitOfWork,
      logger: { warn: () => undefined },
    });
  }

  async client(use: 'identity' | 'health' = 'identity'): Promise<ClientId> {
    const client = `told-${++this.#clients}` as ClientId;
    await this.vault.query('INSERT INTO client (client_id, use) VALUES ($1, $2)', [client, use]);
    return client;
  }

  put(client: ClientId, url: string, events: readonly WebhookEvent[] = ALL) {
    const body = { url, events: [...events], reason: CASE };
    return this.admin.ask((tx, asker) => this.service.put(tx, asker, client, body));
  }

  /** A client with a receiver. */
  async told(events: readonly WebhookEvent[] = ALL): Promise<Told> {
    const receiver = await Receiver.open();
    this.#receivers.push(receiver);
    const client = await this.client();
    const { secret } = await this.put(client, receiver.url, events);
    return Object.assign(receiver, { client, secret: secret ?? '' });
  }

  /** Somebody for whom these clients have names. */
  async somebody(...clients: ClientId[]): Promise<Somebody> {
    const name = await this.vault.enrol({ fields: { given_name: 'Ada' } });
    const personId = await this.vault.personIdOf(name);
    const names: Record<string, string> = {};
    for (const client of clients) {
      const pseudonym = randomId();
      names[client] = encodeId('cps', pseudonym);
      await this.vault.query(
        'INSERT INTO client_pseudonym (pseudonym, client_id, person_id) VALUES ($1, $2, $3)',
        [pseudonym, client, personId],
      );
    }
    return new Somebody(this.vault, personId, names);
  }

  deliveries(client: ClientId) {
    return this.vault.query<{ delivery_id: Buffer; event: string; state: string; attempts: number }>(
      'SELECT * FROM webhook_delivery WHERE client_id = $1 ORDER BY seq',
      [client],
    );
  }

  /** As if pauses and leases were over. */
  async later(client: ClientId): Promise<void> {
    await this.vault.query(
      `UPDATE webhook_delivery SET due_at = now(), leased_until = NULL WHERE client_id = $1 AND state = 'waiting'`,
      [client],
    );
  }

  /** Sends until nothing is due. */
  async sendAll(loop = this.loop()): Promise<void> {
    while ((await loop.beat()) > 0) await loop.idle();
  }
}

export class Somebody {
  readonly gate = encodeId('gat', randomId()) as GateId;
  #epoch = 0;

  constructor(
    private readonly vault: TestVault,
    readonly personId: Buffer,
    readonly names: Readonly<Record<string, string>>,
  ) {}

  async give(purpose: PurposeName = 'ingest'): Promise<void> {
    const { vault, gate } = this;
    const session = await vault.sessionOf(this.personId);
    const epoch = ++this.#epoch;
    await vault.unitOfWork.run((tx) => vault.permitOpenings.open(tx, API, { session, purpose, gate, epoch }));
  }

  async giveAgain(): Promise<void> {
    const session = await this.vault.sessionOf(this.personId);
    const body = { session, gate: this.gate, epoch: ++this.#epoch };
    await this.vault.unitOfWork.run((tx) => this.vault.permitOpenings.resume(tx, API, body));
  }

  async withdraw(): Promise<void> {
    const epoch = ++this.#epoch;
    await this.vault.unitOfWork.run((tx) => this.vault.permits.freeze(tx, API, { gate: this.gate, epoch }));
  }

  async end(): Promise<void> {
    const epoch = ++this.#epoch;
    await this.vault.unitOfWork.run((tx) => this.vault.permits.destroy(tx, API, this.gate, epoch));
  }

  async erase(): Promise<void> {
    const { vault } = this;
    const { erasure } = await vault.unitOfWork.run((tx) => vault.erasures.request(tx, API, this.personId));
    await vault.unitOfWork.run((tx) => vault.erasures.gatesClosed(tx, API, erasure));
  }
}

/** What a receiver was told, each verified by the library, in the order in which it came. */
export function heard({
  received,
  secret,
}: Pick<Told, 'received' | 'secret'>): (WebhookBody & { id: string })[] {
  return received.map(({ headers, body }) => {
    const told = new Webhook(secret).verify(body, headers as Record<string, string>);
    const id = String(headers['webhook-id']);
    decodeId('whd', id);
    return { ...webhookBody.parse(told), id };
  });
}

/** Sends in truth, and the process dies before it hears how that went. */
export function dyingSender(sent: () => void): Pick<WebhookSender, 'send'> {
  const sender = new WebhookSender({ loopback: true });
  return {
    send: async (...message) => {
      await sender.send(...message);
      sent();
      return new Promise<Sent>(() => undefined);
    },
  };
}
