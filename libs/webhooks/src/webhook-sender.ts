import { lookup as askResolver } from 'node:dns/promises';
import {
  type ClientRequest,
  type Agent as HttpAgent,
  type IncomingMessage,
  request as overHttp,
} from 'node:http';
import { request as overHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { RequestFilteringHttpAgent, RequestFilteringHttpsAgent } from 'request-filtering-agent';
import { isPublicAddress } from './public-address.js';
import { signedHeaders, type WebhookMessage } from './signing.js';
import { checkTarget, type Target, TargetRefused, type TargetRules } from './target.js';

export interface Address {
  readonly address: string;
  readonly family: number;
}

export interface WebhookSenderOptions extends TargetRules {
  /** for all of it, from the first question to a resolver; 10,000 when absent. Milliseconds */
  readonly timeoutMs?: number;
  /** All addresses of a name; the system's resolver when absent. */
  readonly resolve?: (host: string) => Promise<readonly Address[]>;
  /** What makes connections; a filtering agent when absent. */
  readonly agentOf?: (target: Target) => HttpAgent;
  readonly now?: () => Date;
}

/** What became of one attempt. Holds nothing that a receiver answered but its status. */
export interface Sent {
  readonly code:
    | 'delivered'
    | 'answered'
    | 'redirected'
    | 'gone'
    | 'timeout'
    | 'unreachable'
    | 'target_refused';
  readonly status: number | null;
}

const PATIENCE_MS = 10_000;
/** What is read of an answer's body, to end the exchange in good order; nobody looks at it. */
const ANSWER_MAX = 65_536;

/**
 * Sends messages to addresses that somebody else has named. A name is asked for once, every address of it must be public, and the
 * connection goes to one of just those: an answer that is another one a moment later is never heard.
 */
export class WebhookSender {
  readonly #options: Required<WebhookSenderOptions>;

  constructor(options: WebhookSenderOptions) {
    this.#options = {
      timeoutMs: PATIENCE_MS,
      resolve: (host) => askResolver(host, { all: true }),
      agentOf: filteringAgent,
      now: () => new Date(),
      ...options,
    };
  }

  /** One attempt. Never rejects. */
  async send(url: string, message: WebhookMessage, secrets: readonly string[]): Promise<Sent> {
    const limit = AbortSignal.timeout(this.#options.timeoutMs);
    try {
      const target = checkTarget(url, this.#options);
      const addresses = await within(limit, this.addressesOf(target));
      return sentOf(await this.post(target, addresses, message, secrets, limit));
    } catch (error) {
      if (error instanceof TargetRefused) return { code: 'target_refused', status: null };
      return { code: limit.aborted ? 'timeout' : 'unreachable', status: null };
    }
  }

  private async addressesOf({ host, loopback }: Target): Promise<readonly Address[]> {
    const family = isIP(host);
    // One that is written out was looked at with the URL.
    if (family !== 0) return [{ address: host, family }];
    const found = await this.#options.resolve(host);
    if (found.length === 0) throw new Error('a name without an address');
    const fits = loopback ? isLoopback : isPublicAddress;
    // All of them: which one is taken is for whoever answers to say.
    if (!found.every(({ address }) => fits(address))) throw new TargetRefused('address');
    return found;
  }

  private post(
    target: Target,
    addresses: readonly Address[],
    message: WebhookMessage,
    secrets: readonly string[],
    signal: AbortSignal,
  ): Promise<number> {
    const { body } = message;
    const headers = {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body)),
      'user-agent': 'Integument',
      ...signedHeaders(message, secrets, this.#options.now()),
    };
    const agent = this.#options.agentOf(target);
    const request = target.url.protocol === 'https:' ? overHttps : overHttp;
    const options = { method: 'POST', headers, agent, signal, lookup: answering(addresses) };
    return new Promise((resolve, reject) => {
      const outgoing: ClientRequest = request(target.url, options, (answer) => {
        resolve(answer.statusCode ?? 0);
        drain(answer);
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }
}

const EVERYWHERE = new RequestFilteringHttpsAgent();
const HERE = { allowIPAddressList: ['127.0.0.1', '::1'] };
const PLAIN_HERE = new RequestFilteringHttpAgent(HERE);
const TLS_HERE = new RequestFilteringHttpsAgent(HERE);

export function filteringAgent({ loopback, url }: Target): HttpAgent {
  if (!loopback) return EVERYWHERE;
  return url.protocol === 'https:' ? TLS_HERE : PLAIN_HERE;
}

/** Tells whoever makes the connection what we have heard, and asks nobody. */
function answering(addresses: readonly Address[]): LookupFunction {
  return (_host, { all }, answer) => {
    const [first] = addresses;
    if (all === true) answer(null, [...addresses]);
    else answer(null, first?.address ?? '', first?.family);
  };
}

function isLoopback(address: string): boolean {
  return address === '127.0.0.1' || address === '::1';
}

function drain(answer: IncomingMessage): void {
  let length = 0;
  answer.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > ANSWER_MAX) answer.destroy();
  });
  // The answer has been counted; how it ends concerns nobody.
  answer.on('error', () => undefined);
}

function sentOf(status: number): Sent {
  if (status >= 200 && status < 300) return { code: 'delivered', status };
  // Not followed: whoever can answer for a receiver must not choose who is told.
  if (status >= 300 && status < 400) return { code: 'redirected', status };
  return { code: status === 410 ? 'gone' : 'answered', status };
}

/** A resolver can't be told to stop. */
function within<T>(limit: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new Error('too late'));
    limit.addEventListener('abort', late, { once: true });
    work.then(resolve, reject).finally(() => limit.removeEventListener('abort', late));
  });
}
