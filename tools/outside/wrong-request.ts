import { type Exchange, exchange } from './ask.js';
import type { Visitor } from './visitor.js';

/** A request that no contract would let one write, and how it must be answered. */
export interface WrongRequest {
  /** with its query */
  readonly path: string;
  /** POST when absent */
  readonly method?: string;
  /** sent as JSON unless the headers say otherwise; none when empty */
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  readonly answer: readonly [status: number, code: string];
}

const TRIES = 5;

/**
 * Sends it. An app that answers a large body before all of it has come closes the connection, which can reach the sender before
 * the answer does: then it is sent again.
 */
export async function sendWrong(visitor: Visitor, app: string, wrong: WrongRequest): Promise<Exchange> {
  for (let left = TRIES; ; left--) {
    try {
      return await send(visitor, app, wrong);
    } catch (error) {
      if (left === 1 || !isClosedOn(error)) throw error;
    }
  }
}

function isClosedOn(error: unknown): boolean {
  const { code } = ((error as Error).cause ?? {}) as { code?: unknown };
  return code === 'EPIPE' || code === 'ECONNRESET';
}

function send(
  visitor: Visitor,
  app: string,
  { path, method = 'POST', body, headers = {} }: WrongRequest,
): Promise<Exchange> {
  const type: Record<string, string> = body.length > 0 ? { 'content-type': 'application/json' } : {};
  const content = typeof body === 'string' ? body : new Uint8Array(body);
  return exchange(visitor, `${app}${path}`, {
    method,
    headers: { ...type, ...headers },
    ...(body.length > 0 && { body: content }),
  });
}
