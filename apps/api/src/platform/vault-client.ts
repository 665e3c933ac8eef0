import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import {
  type AnswerOf,
  type BodyOf,
  CodedError,
  type ParamsOf,
  type RouteContract,
} from '@integument/contracts';

export interface VaultClientOptions {
  /** https:// URL of the vault's internal listener */
  readonly url: string;
  /** PEM */
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: string;
  readonly timeoutMs?: number;
}

const MAX_REPLY_BYTES = 8 * 1024 * 1024;

/** The vault refused. `code` is the vault's own; the text of its answer is not kept. */
export class VaultRefused extends Error {
  override readonly name = 'VaultRefused';
  constructor(
    readonly status: number,
    readonly code: string,
  ) {
    super('the vault refused');
  }
}

/** Calls the vault's internal listener over mutual TLS, by the contracts both sides share. */
export class VaultClient {
  readonly #agent: Agent;
  readonly #base: URL;
  readonly #timeoutMs: number;

  constructor(options: VaultClientOptions) {
    this.#base = new URL(options.url);
    this.#timeoutMs = options.timeoutMs ?? 5_000;
    this.#agent = new Agent({
      keepAlive: true,
      maxSockets: 32,
      ca: options.ca,
      cert: options.cert,
      key: options.key,
      minVersion: 'TLSv1.3',
    });
  }

  /**
   * @throws {VaultRefused} for a coded 4xx of the vault
   * @throws {CodedError} `vault.unavailable` (503) when it cannot be reached or answers anything else
   */
  async call<R extends RouteContract>(
    route: R,
    input: (BodyOf<R> extends undefined ? { body?: never } : { body: BodyOf<R> }) &
      (ParamsOf<R> extends undefined ? { params?: never } : { params: ParamsOf<R> }),
  ): Promise<AnswerOf<R>> {
    const path = fillPath(route.path, input.params as Record<string, string> | undefined);
    const { status, text } = await this.send(route.method, path, input.body).catch((cause: unknown) => {
      throw unavailable(cause);
    });
    if (status >= 400 && status < 500) throw new VaultRefused(status, codeOf(text));
    // Only what the vault itself says counts as done: a redirection comes from something in between.
    if (status < 200 || status > 299) throw unavailable();
    if (!route.reply) return undefined as AnswerOf<R>;
    const parsed = route.reply.safeParse(parseJson(text));
    if (!parsed.success) throw unavailable(parsed.error);
    return parsed.data as AnswerOf<R>;
  }

  close(): void {
    this.#agent.destroy();
  }

  private send(method: string, path: string, body: unknown): Promise<{ status: number; text: string }> {
    const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    return new Promise((resolve, reject) => {
      const outgoing = request(
        new URL(path, this.#base),
        {
          method,
          agent: this.#agent,
          timeout: this.#timeoutMs,
          headers: payload ? { 'content-type': 'application/json', 'content-length': payload.length } : {},
        },
        (reply) => {
          collect(reply).then((text) => resolve({ status: reply.statusCode ?? 500, text }), reject);
        },
      );
      outgoing.on('timeout', () => outgoing.destroy(new Error('the vault did not answer in time')));
      outgoing.on('error', reject);
      outgoing.end(payload);
    });
  }
}

function fillPath(path: string, params: Record<string, string> = {}): string {
  return path.replace(/:([A-Za-z]+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
}

async function collect(reply: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of reply as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > MAX_REPLY_BYTES) throw new Error('the vault’s answer is too large');
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function codeOf(problem: string): string {
  const { code } = (parseJson(problem) ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : 'unknown';
}

/** @returns undefined for what is no JSON, which no contract takes */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unavailable(cause?: unknown): CodedError {
  return new CodedError('vault.unavailable', 503, 'The identity plane cannot be reached. Try again.', {
    cause,
  });
}
