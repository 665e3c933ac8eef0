import { createHmac } from 'node:crypto';
import { CodedError } from '@integument/contracts';
import { context, deriveKey, open, seal } from '@integument/crypto';
import { byteaArray } from './binary-array.js';
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
  text: `INSERT INTO idempotent_reply (slot, request) SELECT * FROM unnest($1::bytea[], $2::bytea[])
    ON CONFLICT DO NOTHING RETURNING slot`,
};
const KEEP = { name: 'idempotency.keep', text: 'UPDATE idempotent_reply SET reply = $2 WHERE slot = $1' };
const FIND = {
  name: 'idempotency.find',
  text: 'SELECT slot, request, reply FROM idempotent_reply WHERE slot = ANY($1::bytea[])',
};
const RELEASE = 'DELETE FROM idempotent_reply WHERE slot = ANY($1::bytea[])';
const SWEEP = `DELETE FROM idempotent_reply WHERE on_day < (now() AT TIME ZONE 'UTC')::date - 1`;

/**
 * Runs an effect at most once for each Idempotency-Key (draft-ietf-httpapi-idempotency-key-header).
 *
 * The key is claimed in the effect's own transaction. So a crash leaves either both or neither; a duplicate that comes
 * while the first is running waits at the primary key until that one has committed, then replays its reply; and a failed
 * effect releases the key, since its claim is rolled back with it.
 */
export class Idempotency {
  readonly #secrets: () => readonly Buffer[];
  readonly #derived = new WeakMap<Buffer, Secrets>();

  /**
   * @param secret 32 bytes of the app; or what gives those that kept replies may be under, the oldest first and the same
   *   objects each time. A request is claimed under all of them: two processes that don't know the same ones yet have one in common.
   */
  constructor(secret: Buffer | (() => readonly Buffer[])) {
    const only = [secret] as readonly Buffer[];
    this.#secrets = Buffer.isBuffer(secret) ? () => only : secret;
  }

  /**
   * @param tx the effect's own transaction, from `UnitOfWork.run`
   * @param request undefined when the client sent no key: the effect simply runs
   * @param effect its reply must survive JSON
   * @throws {CodedError} `idempotency.mismatch` when the key stands for another request
   */
  async once<T>(tx: Tx, request: IdempotentRequest | undefined, effect: () => Promise<T>): Promise<Once<T>> {
    if (!request) return { reply: await effect(), replayed: false };
    const all = this.#secrets().map((secret) => this.#names(secret, request));
    const slots = byteaArray(all.map(({ slot }) => slot));
    const requests = byteaArray(all.map((names) => names.request));
    // Twice: between our INSERT and our SELECT a sweep may have deleted the old row.
    for (let attempt = 0; attempt < 2; attempt++) {
      const claimed = await tx.query<{ slot: Buffer }>(CLAIM, [slots, requests]);
      if (claimed.length === all.length) return this.#first(tx, all, effect);
      const kept = await tx.query<Kept>(FIND, [slots]);
      const others = kept.filter(({ slot }) => !claimed.some((one) => one.slot.equals(slot)));
      const known = others.flatMap((row) =>
        all.filter(({ slot }) => slot.equals(row.slot)).map((names) => ({ names, row })),
      )[0];
      if (known) {
        const reply = openReply<T>(known.names, known.row);
        const ours = all.filter(({ slot }) => claimed.some((one) => one.slot.equals(slot)));
        await this.#keep(tx, ours, reply);
        return { reply, replayed: true };
      }
      await tx.query(RELEASE, [byteaArray(claimed.map(({ slot }) => slot))]);
    }
    throw new Error('an idempotency key could be neither claimed nor found');
  }

  /** Deletes what is older than a day. Run it every hour or so. */
  async sweep(tx: Tx): Promise<void> {
    await tx.query(SWEEP);
  }

  async #first<T>(tx: Tx, all: readonly Names[], effect: () => Promise<T>): Promise<Once<T>> {
    const reply = await effect();
    await this.#keep(tx, all, reply);
    return { reply, replayed: false };
  }

  async #keep(tx: Tx, all: readonly Names[], reply: unknown): Promise<void> {
    const bytes = Buffer.from(JSON.stringify(reply ?? null), 'utf8');
    for (const { slot, key, place } of all) await tx.query(KEEP, [slot, seal(key, bytes, place)]);
  }

  #names(secret: Buffer, { caller, key, fingerprint }: IdempotentRequest): Names {
    const secrets = this.#derive(secret);
    const whose = context('integument/idempotency/v1', caller, key);
    const slot = createHmac('sha256', secrets.slot).update(whose).digest();
    const replyKey = deriveKey(secrets.reply, 'idempotency/one-reply/v1', whose);
    // A body is guessable, so not even its digest may stand here bare.
    const request = createHmac('sha256', replyKey).update(fingerprint).digest();
    return { slot, request, key: replyKey, place: context('idempotent_reply', slot, request) };
  }

  #derive(secret: Buffer): Secrets {
    const known = this.#derived.get(secret);
    if (known) return known;
    const made = {
      slot: deriveKey(secret, 'idempotency/slot/v1'),
      reply: deriveKey(secret, 'idempotency/reply/v1'),
    };
    this.#derived.set(secret, made);
    return made;
  }
}

interface Secrets {
  readonly slot: Buffer;
  readonly reply: Buffer;
}

interface Kept {
  readonly slot: Buffer;
  readonly request: Buffer;
  readonly reply: Buffer | null;
}

interface Names {
  readonly slot: Buffer;
  readonly request: Buffer;
  readonly key: Buffer;
  readonly place: Buffer;
}

function openReply<T>(names: Names, kept: Kept): T {
  if (!kept.request.equals(names.request)) {
    throw new CodedError('idempotency.mismatch', 409, 'This Idempotency-Key was used for another request.');
  }
  // Claim and reply are written by one transaction: whoever sees the row sees the reply.
  if (!kept.reply) throw new Error('an idempotency key was claimed without a reply');
  return JSON.parse(open(names.key, kept.reply, names.place).toString('utf8')) as T;
}
