import type { Caller } from '@integument/authz';
import type { HttpRequest } from './request.js';

/**
 * Finds out who asks. Answers without a promise where it can: it runs for every request.
 *
 * `resolve` gives null when the request brings no credential of this resolver's kind, and throws a coded error when it
 * brings a bad one, so that the next resolver is not tried with it.
 */
export interface CallerResolver {
  resolve(request: HttpRequest): Caller | null | Promise<Caller | null>;
  /** Who asks as far as it is known without any I/O (a client certificate): asked for requests to unknown routes. */
  peek?(request: HttpRequest): Caller | null;
}

/** Tries one after the other; the first that knows the caller wins. */
export function firstOf(...resolvers: readonly CallerResolver[]): CallerResolver {
  return {
    resolve: (request) => resolveFrom(resolvers, 0, request),
    peek: (request) => {
      for (const resolver of resolvers) {
        const caller = resolver.peek?.(request);
        if (caller) return caller;
      }
      return null;
    },
  };
}

function resolveFrom(
  resolvers: readonly CallerResolver[],
  from: number,
  request: HttpRequest,
): ReturnType<CallerResolver['resolve']> {
  for (let at = from; at < resolvers.length; at++) {
    const found = resolvers[at]?.resolve(request) ?? null;
    if (found instanceof Promise) {
      return found.then((caller) => caller ?? resolveFrom(resolvers, at + 1, request));
    }
    if (found) return found;
  }
  return null;
}
