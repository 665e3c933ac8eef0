import { isUtf8 } from 'node:buffer';
import { CodedError } from '@integument/contracts';
import type { FastifyInstance } from 'fastify';
import { parse } from 'secure-json-parse';
import { LINES_TYPE, mediaType, takesForm } from './form-body.js';
import { contractOf, type HttpRequest } from './request.js';

const CHARSET = /;\s*charset\s*=\s*"?([^\s";]*)/i;

/**
 * The body of nearly every route: JSON in valid UTF-8. All other parsers are taken out, so anything else is 415.
 * `__proto__` and `constructor.prototype` are refused at the door (RFC 8259 leaves them to the application).
 */
export function acceptJsonOnly(instance: FastifyInstance): void {
  instance.removeAllContentTypeParsers();
  instance.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    try {
      done(null, parseBody(request, body));
    } catch (error) {
      done(error as Error, undefined);
    }
  });
}

function parseBody(request: HttpRequest, bytes: Buffer): unknown {
  if (takesForm(request)) throw mediaType('application/x-www-form-urlencoded');
  if (contractOf(request)?.lines) throw mediaType(LINES_TYPE);
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw mediaType('application/json');
  }
  const charset = CHARSET.exec(request.headers['content-type'] ?? '')?.[1];
  if (charset !== undefined && charset.toLowerCase() !== 'utf-8') {
    throw new CodedError('request.media_type', 415, 'Send application/json in UTF-8.');
  }
  if (request.headers['idempotency-key'] !== undefined) request.rawBody = bytes;
  return bytes.length === 0 ? undefined : parseJson(bytes);
}

/** @throws {CodedError} without the parser's own message, which quotes the input */
export function parseJson(bytes: Buffer): unknown {
  // Decoding first would replace bad bytes silently, and what is stored would not be what was sent.
  if (!isUtf8(bytes)) throw new CodedError('request.encoding', 400, 'The body is not valid UTF-8.');
  try {
    return parse(bytes.toString('utf8'), null, { protoAction: 'error', constructorAction: 'error' });
  } catch {
    throw new CodedError('request.json', 400, 'The body is not JSON that this service accepts.');
  }
}
