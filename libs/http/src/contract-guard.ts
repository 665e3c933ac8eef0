import { CodedError, type RouteContract } from '@integument/contracts';
import type { RouteHandlerMethod } from 'fastify';
import { parseInput } from './input.js';
import type { HttpRequest } from './request.js';
import type { Soon } from './soon.js';

/**
 * Denies by default: a route's method runs only for a request that was admitted under the very contract it implements, and
 * fits it. So whatever way leads to a method without the admission (a hook left out, another handler) ends here.
 *
 * It wraps the handler of every route as it is registered. A global Nest guard would sit in the same place, but Nest makes
 * two promises and a context object for it, a tenth of the time of a small request.
 */
export function guarded(contract: RouteContract, handler: RouteHandlerMethod): RouteHandlerMethod {
  return function (request, reply) {
    if (request.admitted !== contract) {
      throw new CodedError('request.unknown_route', 404, 'There is nothing at this address.');
    }
    const later = stillAdmitted(contract, request);
    if (later instanceof Promise) {
      return later.then(() => {
        request.input = parseInput(contract, request);
        return handler.call(this, request, reply);
      });
    }
    // Here, not where a method asks for it: one that doesn't ask must not be called with what its contract forbids.
    request.input = parseInput(contract, request);
    return handler.call(this, request, reply);
  };
}

/** A body can take its time, and so can the admission itself: meanwhile a session can end, or other rules come into force. */
export function stillAdmitted(contract: RouteContract, request: HttpRequest): Soon<void> {
  const { admission } = request.server;
  if (request.lease?.holds() === false || admission.isOutruled(request)) {
    return admission.again(contract, request);
  }
}
