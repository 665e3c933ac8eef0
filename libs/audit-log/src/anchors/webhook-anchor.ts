import { createHash } from 'node:crypto';
import { isWebhookSecret, signedHeaders } from '@integument/webhooks';
import { readCheckpointUnverified } from '../core/index.js';
import { type Anchor, type AnchoredCheckpoint, AnchorRefused } from './anchor.js';
import { isAnchorUrl, post } from './http-post.js';

export interface WebhookAnchorOptions {
  /** https, or http on loopback */
  readonly url: string;
  /** `whsec_` and the key in base64, 24 to 64 bytes */
  readonly secret: string;
  readonly clock?: () => Date;
}

/**
 * Sends checkpoints to an address, signed by Standard Webhooks 1.0 (headers `webhook-id`, `webhook-timestamp`, `webhook-signature`).
 * The body is `{"type":"audit.checkpoint","timestamp":ISO,"data":{origin,size,root,note}}`, root in base64. Any 2xx is an acknowledgement.
 */
export class WebhookAnchor implements Anchor {
  readonly name = 'webhook';
  readonly #secret: string;
  readonly #url: string;
  readonly #clock: () => Date;

  /** @throws {RangeError} for an address or a secret that won't do, showing neither */
  constructor({ url, secret, clock = () => new Date() }: WebhookAnchorOptions) {
    if (!isAnchorUrl(url)) throw new RangeError('not an address for a webhook');
    if (!isWebhookSecret(secret)) throw new RangeError('not a secret for a webhook');
    this.#secret = secret;
    this.#url = url;
    this.#clock = clock;
  }

  async anchor({ note }: AnchoredCheckpoint, signal: AbortSignal): Promise<void> {
    const at = this.#clock();
    const { origin, size, root } = readCheckpointUnverified(note);
    const data = { origin, size, root: Buffer.from(root).toString('base64'), note };
    const body = JSON.stringify({ type: 'audit.checkpoint', timestamp: at.toISOString(), data });
    const id = webhookId(data);
    const { status } = await post(
      this.#url,
      body,
      {
        'content-type': 'application/json',
        ...signedHeaders({ id, body }, [this.#secret], at),
      },
      signal,
    );
    if (status < 200 || status > 299) throw new AnchorRefused(`the webhook answered ${status}`);
  }
}

// The same for the same checkpoint, so that a receiver drops a second delivery. Hashed, since the signature's input is
// separated by dots and an origin has dots. With the root: of a fork's two checkpoints neither may pass for a second delivery.
function webhookId({ origin, size, root }: { origin: string; size: number; root: string }): string {
  const digest = createHash('sha256').update(`${origin}\n${size}\n${root}\n`).digest('hex');
  return `checkpoint_${size}_${digest.slice(0, 32)}`;
}
