import type { Caller } from '@integument/authz';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { readIdempotencyKey } from './idempotency-key.js';
import type { HttpRequest } from './request.js';

function requestOf(context: ExecutionContext): HttpRequest {
  return context.switchToHttp().getRequest<HttpRequest>();
}

/** `{ params, query, body }` of the request, parsed by the contract of the route: annotate with `InputOf<typeof route>`. */
export const Input = createParamDecorator(
  (_: unknown, context: ExecutionContext) => requestOf(context).input,
);

/** The proved caller; null only on routes whose audience holds `public`. */
export const CurrentCaller = createParamDecorator(
  (_: unknown, context: ExecutionContext): Caller | null => requestOf(context).caller,
);

/**
 * The request's Idempotency-Key with who sent it and what it stands for, for `Idempotency.once`; undefined without one.
 * A malformed key is refused: taken for absent, a client that believes itself safe would double its effect.
 */
export const IdempotencyKey = createParamDecorator((_: unknown, context: ExecutionContext) =>
  readIdempotencyKey(requestOf(context)),
);
