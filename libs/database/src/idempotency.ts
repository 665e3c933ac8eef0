import { createHmac } from 'node:crypto';
import { CodedError } from '@integument/contracts';
import { context, deriveKey, open, seal } from '@integument/crypto';
import type { Tx } from './unit-of-work.js';

/**
 * Replies kept for repeated requests. Nothing here can be read, or tied to a caller, from a dump: the slot is a keyed
 * digest, the reply is sealed under a key that needs the client's own Idempotency-Key, and only the day is kept.
 */
export const idempotencySchemaSql = `
CREATE TABLE idempotent_reply (
  slot bytea NOT NULL CONSTRAINT idempotent_reply_pk PRIMARY KEY,
  request bytea NOT NULL,
  reply bytea,
  on_day date NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')::date,
  CONSTRAINT idempotent_reply_slot_size CHECK (octet_length(slot) = 32)
);
CREATE INDEX idempotent_reply_day ON idempotent_reply (on_day);
`;

export interface IdempotentRequest {
  /** who asks; a key is only known within one caller */
  readonly caller: string;
  /** the client's Idempotency-Key, 16 to 128 characters */
  readonly key: string;
  /** SHA-256 over method, path and raw body */
  readonly fingerprint: Buffer;
}

export interface Once<T> {
  readonly reply: T;
  /** The effect had happened before; this is its kept reply. */
  readonly replayed: boolean;
}

const CLAIM = {
  name: 'idempotency.claim',
  text: 'INSERT INTO idempotent_reply (slot, request) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING 1 AS claimed',
};
const KEEP = { name: 'idempotency.keep', text: 'UPDATE idempotent_reply SET reply = $2 WHERE slot = $1' };
const FIND = {
  name: 'idempotency.find',
  text: 'SELECT request, reply FROM idempotent_reply WHERE slot = $1',
};
const SWEEP = `DELETE FROM idempotent_reply WHERE on_day < (now() AT TIME ZONE 'UTC')::date - 1`;

/**
 * Runs an effect at most once for each Idempotency-Key (draft-ietf-httpapi-idempotency-key-header).
 *
 * The key is claimed in the effect's own transaction. So a crash leaves either both or neither; a duplicate that comes
 * while the first is running waits at the primary key until that one has committed, then replays its reply; and a failed
 * effect releases the key, since its claim is rolled back with it.
 */
export class Idempotency {
  readonly #slotKey: Buffer;
  readonly #replyKey: Buffer;

  /** @param secret 32 bytes of the app */
  constructor(secret: Buffer) {
    this.#slotKey = deriveKey(secret, 'idempotency/slot/v1');
    this.#replyKey = deriveKey(secret, 'idempotency/reply/v1');
  }

  /**
   * @param tx the effect's own transaction, from `UnitOfWork.run`
   * @param request undefined when the client sent no key: the effect simply runs
   * @param effect its reply must survive JSON
   * @throws {CodedError} `idempotency.mismatch` when the key stands for another request
   */
  async once<T>(tx: Tx, request: IdempotentRequest | undefined, effect: () => Promise<T>): Promise<Once<T>> {
    if (!request) return { reply: await effect(), replayed: false };
    const names = this.#names(request);
    // Twice: between our INSERT and our SELECT a sweep may have deleted the old row.
    for (let attempt = 0; attempt < 2; attempt++) {
      const [claimed] = await tx.query(CLAIM, [names.slot, names.request]);
      if (claimed) return this.#first(tx, names, effect);
      const [kept] = await tx.query<{ request: Buffer; reply: Buffer | null }>(FIND, [names.slot]);
      if (kept) return { reply: openReply<T>(names, kept), replayed: true };
    }
    throw new Error('an idempotency key could be neither claimed nor found');
  }

  /** Deletes what is older than a day. Run it every hour or so. */
  async sweep(tx: Tx): Promise<void> {
    await tx.query(SWEEP);
  }

  async #first<T>(tx: Tx, names: Names, effect: () => Promise<T>): Promise<Once<T>> {
    const reply = await effect();
    const bytes = Buffer.from(JSON.stringify(reply ?? null), 'utf8');
    await tx.query(KEEP, [names.slot, seal(names.key, bytes, names.place)]);
    return { reply, replayed: false };
  }

  #names({ caller, key, fingerprint }: IdempotentRequest): Names {
    const whose = context('integument/idempotency/v1', caller, key);
    const slot = createHmac('sha256', this.#slotKey).update(whose).digest();
    const replyKey = deriveKey(this.#replyKey, 'idempotency/one-reply/v1', whose);
    // A body is guessable, so not even its digest may stand here bare.
    const request = createHmac('sha256', replyKey).update(fingerprint).digest();
    return { slot, request, key: replyKey, place: context('idempotent_reply', slot, request) };
  }
}

interface Names {
  readonly slot: Buffer;
  readonly request: Buffer;
  readonly key: Buffer;
  readonly place: Buffer;
}

function openReply<T>(names: Names, kept: { request: Buffer; reply: Buffer | null }): T {
  if (!kept.request.equals(names.request)) {
    throw new CodedError('idempotency.mismatch', 409, 'This Idempotency-Key was used for another request.');
  }
  // Claim and reply are written by one transaction: whoever sees the row sees the reply.
  if (!kept.reply) throw new Error('an idempotency key was claimed without a reply');
  return JSON.parse(open(names.key, kept.reply, names.place).toString('utf8')) as T;
}
