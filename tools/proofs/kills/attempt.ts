import type { Visitor } from '../../outside/visitor.js';

/**
 * What became of a request while servers are being killed. Only an answer of the app itself says anything: without one,
 * or with a failure, it may have taken effect or not.
 */
export type Outcome<T = unknown> =
  | { readonly kind: 'done'; readonly status: number; readonly body: T; readonly requestId: string }
  /** the Idempotency-Key's kept reply: the effect and its audit entry belong to an earlier request */
  | { readonly kind: 'replayed'; readonly status: number; readonly body: T; readonly requestId: string }
  | { readonly kind: 'refused'; readonly status: number; readonly code: string }
  | { readonly kind: 'unknown' };

export interface Done<T> {
  readonly status: number;
  readonly body: T;
  readonly requestId: string;
}

const PATIENCE_MS = 15_000;

export interface Call {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends one request, once. Never throws. */
export async function attempt<T>(visitor: Visitor, call: Call): Promise<Outcome<T>> {
  try {
    const { method, url, body } = call;
    const headers = { ...call.headers, ...(body !== undefined && { 'content-type': 'application/json' }) };
    const reply = await visitor.send(url, {
      method,
      headers,
      signal: AbortSignal.timeout(PATIENCE_MS),
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return outcomeOf<T>(reply, await reply.text());
  } catch {
    return { kind: 'unknown' };
  }
}

function outcomeOf<T>(reply: Response, text: string): Outcome<T> {
  const { status, headers } = reply;
  if (status >= 500) return { kind: 'unknown' };
  const body = (text === '' ? undefined : JSON.parse(text)) as T;
  if (status >= 400) return { kind: 'refused', status, code: (body as { code: string }).code };
  const requestId = headers.get('x-request-id') ?? '';
  return { kind: headers.get('idempotent-replayed') ? 'replayed' : 'done', status, body, requestId };
}

/** Whether the app has answered with success, which it then must stand by. */
export function isAcknowledged<T>(outcome: Outcome<T>): outcome is Extract<Outcome<T>, Done<T>> {
  return outcome.kind === 'done' || outcome.kind === 'replayed';
}
