import { createHash } from 'node:crypto';
import { callerId } from '@integument/authz';
import { CodedError, PERMIT_HEADER } from '@integument/contracts';
import { context } from '@integument/crypto';
import type { IdempotentRequest } from '@integument/database';
import type { HttpRequest } from './request.js';

const HEADER = 'idempotency-key';
// A structured-field string in the draft; most clients send the bare token.
const SHAPE = /^"?([A-Za-z0-9_-]{16,128})"?$/;
const NO_BODY = Buffer.alloc(0);

/** draft-ietf-httpapi-idempotency-key-header; @throws {CodedError} for a malformed key or a caller that is not known */
export function readIdempotencyKey(request: HttpRequest): IdempotentRequest | undefined {
  const header = request.headers[HEADER];
  if (header === undefined) return undefined;
  const key = typeof header === 'string' ? SHAPE.exec(header)?.[1] : undefined;
  if (key === undefined || !request.caller) {
    throw new CodedError(
      'idempotency.key_invalid',
      400,
      'Idempotency-Key must be 16 to 128 of A-Z, a-z, 0-9, _ and -.',
    );
  }
  // The same bytes about another permit are another request.
  const permit = String(request.headers[PERMIT_HEADER] ?? '');
  const bytes = context(request.method, request.url, permit, request.rawBody ?? NO_BODY);
  return {
    caller: `${request.caller.kind}:${callerId(request.caller)}`,
    key,
    fingerprint: createHash('sha256').update(bytes).digest(),
  };
}
