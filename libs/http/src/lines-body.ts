import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { CodedError } from '@integument/contracts';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { stillAdmitted } from './contract-guard.js';
import { LINES_TYPE, mediaType } from './form-body.js';
import { parseJson } from './json-body.js';
import { beginOwnTime, endOwnTime } from './own-time.js';
import { contractOf, type HttpRequest } from './request.js';
import { withoutSilence } from './without-silence.js';

/** Bytes of one line at most, and lines that are handed on at once. */
const LINE_BYTES = 65_536;
const MOST = 1_000;
/** How long the rest of what nobody reads may still come. */
const FAREWELL_MS = 5_000;

const NEWLINE = 0x0a;

/** A line of the body: its JSON, or why it is none. */
export type BodyLine = { readonly value: unknown } | { readonly refusal: CodedError };

/** Bodies of lines of JSON, for routes whose contract says `lines`: handed on as a stream, and read as they come. */
export function acceptLines(instance: FastifyInstance): void {
  instance.addContentTypeParser(LINES_TYPE, (request, payload, done) => {
    const encoding = request.headers['content-encoding'];
    if (!takesLines(request) || (encoding !== undefined && encoding !== 'identity')) {
      done(mediaType(takesLines(request) ? LINES_TYPE : 'application/json'), undefined);
      return;
    }
    beginOwnTime(request.raw.socket);
    done(null, payload);
  });
}

export function takesLines(request: HttpRequest): boolean {
  return contractOf(request)?.lines === true;
}

/** The lines of the body, some at a time: those that have come. Before each batch it is decided anew whether the caller may go on. */
export const BodyLines = createParamDecorator((_: unknown, context: ExecutionContext) =>
  linesOf(context.switchToHttp().getRequest<HttpRequest>()),
);

async function* linesOf(request: HttpRequest): AsyncGenerator<BodyLine[]> {
  const contract = contractOf(request);
  if (!contract?.lines) throw new Error('@BodyLines() on a route without lines');
  try {
    for await (const lines of readLines(request.body as Readable)) {
      for (let at = 0; at < lines.length; at += MOST) {
        // A sender can take hours: who is suspended meanwhile is told nothing more.
        await stillAdmitted(contract, request);
        yield lines.slice(at, at + MOST).map(parsed);
      }
    }
  } finally {
    letGo(request.body as Readable, request.raw.socket);
  }
}

/** What is not read any more would stand in the way of the next request on this connection, and cut off, the answer may be lost with it. */
function letGo(body: Readable, socket: Socket): void {
  if (body.readableEnded || body.destroyed) {
    endOwnTime(socket);
    return;
  }
  const timer = setTimeout(() => socket.destroy(), FAREWELL_MS);
  const done = () => {
    clearTimeout(timer);
    // Not before: a request that took longer than others may would be answered with that, in the middle of its answer.
    endOwnTime(socket);
  };
  body.once('close', done);
  body.once('end', done);
  // Not at once: the stream does not know yet that its reader has gone.
  setImmediate(() => body.resume());
}

/** @throws CodedError `request.line_too_long`, `request.silent` */
async function* readLines(body: Readable): AsyncGenerator<Buffer[]> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of withoutSilence(body)) {
    const lines: Buffer[] = [];
    rest = split(rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk, lines);
    if (rest.length > LINE_BYTES || lines.some(({ length }) => length > LINE_BYTES)) throw tooLong();
    if (lines.length > 0) yield lines;
  }
  if (rest.length > 0) yield [rest];
}

/** @returns what has no end yet. Blank lines say nothing. */
function split(bytes: Buffer, lines: Buffer[]): Buffer {
  let from = 0;
  for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, from)) {
    const line = bytes.subarray(from, end);
    if (line.length > 0 && line.toString('latin1').trim().length > 0) lines.push(line);
    from = end + 1;
  }
  return bytes.subarray(from);
}

function parsed(line: Buffer): BodyLine {
  try {
    return { value: parseJson(line) };
  } catch (error) {
    if (error instanceof CodedError) return { refusal: error };
    throw error;
  }
}

function tooLong(): CodedError {
  return new CodedError('request.line_too_long', 413, 'A line is longer than 65,536 bytes.');
}
