import { isWebhookSecret, signedHeaders } from '@integument/webhooks';

export interface HttpTargetOptions {
  /**
   * Where to. The operator names it, as they name the database: it may well be a private address, so nothing is filtered
   * here. Only https, or http on loopback.
   */
  readonly url: string;
  /** Standard Webhooks secret: `whsec_` and base64 of 24 to 64 bytes */
  readonly secret: string;
  readonly clock?: () => Date;
  /** milliseconds for one request. Default 10,000 */
  readonly timeoutMs?: number;
}

/** One request's worth of events. */
export interface HttpBatch {
  /** the same for a batch that is sent again, so that the receiver can tell */
  readonly id: string;
  /** NDJSON */
  readonly body: string;
}

/** The receiver did not take a batch; it has to be sent again, not before `notBefore`. Holds nothing that it answered. */
export class PushUndelivered extends Error {
  override readonly name = 'PushUndelivered';
  constructor(
    readonly code: 'push.unreachable' | 'push.refused' | 'push.busy' | 'push.redirected' | 'push.waiting',
    readonly notBefore: Date,
    options?: { cause?: unknown },
  ) {
    super(code, options);
  }
}

/** A receiver that answers 4xx needs somebody to mend it; asking often doesn't. */
const REFUSED_PAUSE_MS = 300_000;
/** An hour at most, whatever Retry-After says: a mistake there must not end the feed. */
const MAX_PAUSE_MS = 3_600_000;

/** Posts batches of events, signed (https://www.standardwebhooks.com). A batch is delivered when the answer is 2xx. */
export class HttpTarget {
  private readonly options: Required<HttpTargetOptions>;
  private notBefore = new Date(0);

  /** @throws {TypeError} for a URL or a secret that doesn't fit; names neither */
  constructor(options: HttpTargetOptions) {
    if (!isSafe(options.url)) throw new TypeError('events are pushed over https, or on loopback');
    if (!isWebhookSecret(options.secret))
      throw new TypeError('a push secret is whsec_ and base64 of 24 to 64 bytes');
    this.options = { clock: () => new Date(), timeoutMs: 10_000, ...options };
  }

  /** @throws {PushUndelivered} without asking the receiver while it wants to be left alone */
  async deliver(batch: HttpBatch, signal: AbortSignal): Promise<void> {
    const now = this.options.clock();
    if (now < this.notBefore) throw new PushUndelivered('push.waiting', this.notBefore);
    const response = await this.post(batch, now, signal);
    // What it says doesn't matter, and it may be long.
    await response.body?.cancel().catch(() => undefined);
    if (response.ok) return;
    const failure = failureOf(response, now);
    this.notBefore = failure.notBefore;
    throw failure;
  }

  private async post({ id, body }: HttpBatch, now: Date, signal: AbortSignal): Promise<Response> {
    const { url, secret, timeoutMs } = this.options;
    try {
      return await fetch(url, {
        method: 'POST',
        body,
        // Somebody who can answer for the receiver must not choose who gets the events.
        redirect: 'manual',
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
        headers: {
          'content-type': 'application/x-ndjson',
          ...signedHeaders({ id, body }, [secret], now),
        },
      });
    } catch (cause) {
      throw new PushUndelivered('push.unreachable', now, { cause });
    }
  }
}

function isSafe(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return (
    protocol === 'https:' || (protocol === 'http:' && /^(127\.0\.0\.1|localhost|\[::1\])$/.test(hostname))
  );
}

function failureOf({ status, headers }: Response, now: Date): PushUndelivered {
  const pause = (ms: number) => new Date(now.getTime() + Math.min(ms, MAX_PAUSE_MS));
  const asked = retryAfterMs(headers.get('retry-after'), now);
  if (status === 429 || status >= 500) return new PushUndelivered('push.busy', pause(asked ?? 0));
  const code = status >= 300 && status < 400 ? 'push.redirected' : 'push.refused';
  return new PushUndelivered(code, pause(Math.max(asked ?? 0, REFUSED_PAUSE_MS)));
}

/** Seconds, or a date (RFC 9110, section 10.2.3). */
function retryAfterMs(value: string | null, now: Date): number | undefined {
  if (value === null) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1_000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now.getTime());
}
