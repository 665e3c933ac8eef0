import { isUtf8 } from 'node:buffer';
import { CodedError } from '@integument/contracts';
import type { FastifyInstance } from 'fastify';
import { contractOf, type HttpRequest } from './request.js';

/**
 * Form bodies, for routes of standards that have no others. A form of any page can be sent to us by a visitor's browser, so only a
 * route whose contract says `form` gets one, and no JSON then.
 */
export function acceptForms(instance: FastifyInstance): void {
  instance.addContentTypeParser<Buffer>(
    'application/x-www-form-urlencoded',
    { parseAs: 'buffer' },
    (request, body, done) => {
      try {
        if (!takesForm(request)) throw mediaType('application/json');
        done(null, parseForm(body));
      } catch (error) {
        done(error as Error, undefined);
      }
    },
  );
}

export function takesForm(request: HttpRequest): boolean {
  return contractOf(request)?.form === true;
}

export const LINES_TYPE = 'application/x-ndjson';

export function mediaType(wanted: string): CodedError {
  return new CodedError('request.media_type', 415, `Send ${wanted} in UTF-8, not compressed.`);
}

/** @throws {CodedError} also for a name that comes twice: what reads the first and what reads the last would read different things */
export function parseForm(bytes: Buffer): Record<string, string> {
  if (!isUtf8(bytes)) throw new CodedError('request.encoding', 400, 'The body is not valid UTF-8.');
  const pairs = [...new URLSearchParams(bytes.toString('utf8'))];
  const form = new Map(pairs);
  if (form.size < pairs.length) {
    throw new CodedError('request.form', 400, 'The body has a field more than once.');
  }
  return Object.assign(Object.create(null), Object.fromEntries(form)) as Record<string, string>;
}
