import { Webhook } from 'standardwebhooks';

/** One message of Standard Webhooks 1.0. */
export interface WebhookMessage {
  /** the same at every attempt, so that a receiver drops a second delivery; without a point */
  readonly id: string;
  readonly body: string;
}

const LEAST_BYTES = 24;
const MOST_BYTES = 64;

/** A key as Standard Webhooks writes it. @param key 24 to 64 bytes */
export function secretOf(key: Buffer): string {
  return `whsec_${key.toString('base64')}`;
}

/** Whether a text is a secret as Standard Webhooks wants it: `whsec_` and base64 of 24 to 64 bytes. */
export function isWebhookSecret(secret: string): boolean {
  const [, encoded = ''] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? [];
  const key = Buffer.from(encoded, 'base64');
  return key.toString('base64') === encoded && key.length >= LEAST_BYTES && key.length <= MOST_BYTES;
}

/**
 * The three headers that a receiver verifies.
 * @param secrets one, or two while one takes the other's place: a receiver knows either
 */
export function signedHeaders(
  { id, body }: WebhookMessage,
  secrets: readonly string[],
  at: Date,
): Record<string, string> {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, at, body)).join(' '),
  };
}
