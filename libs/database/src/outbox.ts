import { randomId } from '@integument/crypto';
import type { Tx } from './unit-of-work.js';

/**
 * Messages that leave with their transaction. The worker claims by moving `due_at` ahead, so that no transaction stays
 * open while a handler talks to another process: an open one would hold back the audit log's integration.
 */
export const outboxSchemaSql = `
CREATE TABLE outbox (
  id bytea NOT NULL CONSTRAINT outbox_pk PRIMARY KEY,
  topic text NOT NULL,
  payload jsonb NOT NULL,
  attempts int NOT NULL DEFAULT 0,
  due_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT outbox_id_size CHECK (octet_length(id) = 16)
);
CREATE INDEX outbox_due ON outbox (due_at);
`;

const ADD = {
  name: 'outbox.add',
  text: 'INSERT INTO outbox (id, topic, payload) VALUES ($1, $2, $3)',
};

const DROP = { name: 'outbox.drop', text: 'DELETE FROM outbox WHERE id = $1' };

/**
 * Adds messages to the caller's transaction: they exist exactly if its effect does.
 * @typeParam Topic that can be added; none where nothing else is said, so that an app names all that it has to handle
 */
export class Outbox<Topic extends string = never> {
  /**
   * @param payload JSON; random ids only, never a personal value, since it stands in plain in the database
   * @returns the message's id, 16 bytes: a good idempotency key for what the handler does
   */
  async add(tx: Tx, topic: Topic, payload: object): Promise<Buffer> {
    const id = randomId();
    await tx.query(ADD, [id, topic, JSON.stringify(payload)]);
    return id;
  }

  /** What the message asks for is done. A worker that holds it just then does it once more. */
  drop(tx: Tx, id: Buffer): void {
    tx.send(DROP, [id]);
  }
}
