import { STATUS_CODES } from 'node:http';
import { CodedError, type Problem } from '@integument/contracts';
import { MalformedIdentifier } from '@integument/crypto';
import { HttpException } from '@nestjs/common';
import { InvalidRequest, type WrongPlace } from './input.js';

/** What an error means to the caller. Every text in it is a constant. */
export interface Refused {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly errors?: readonly WrongPlace[] | undefined;
}

/** Raised by the trigger of every table that holds a permit's data (see the permits' migration). */
export const GATE_CLOSED = 'IG001';

export const UNEXPECTED: Refused = {
  status: 500,
  code: 'server.error',
  detail: 'Something went wrong here. The request id helps us find it.',
};

export const UNKNOWN_ROUTE: Refused = {
  status: 404,
  code: 'request.unknown_route',
  detail: 'There is nothing at this address.',
};

export const AUDIT_UNAVAILABLE: Refused = {
  status: 503,
  code: 'audit.unavailable',
  detail: 'The audit log cannot be written, so nothing is answered.',
  headers: { 'retry-after': '5' },
};

const UNAVAILABLE: Refused = {
  status: 503,
  code: 'server.unavailable',
  detail: 'A part of the service is away. Try again soon.',
  headers: { 'retry-after': '2' },
};

const PERMIT_CLOSED: Refused = {
  status: 403,
  code: 'permits.closed',
  detail: 'There is no leave to process this data for this purpose now.',
};

const MALFORMED: Refused = {
  status: 404,
  code: 'request.unknown_id',
  detail: 'There is nothing here for you under this name.',
};

/** By status, for what Fastify refuses before our code sees it. */
const FRAMEWORK: Readonly<Record<number, Refused>> = {
  400: { status: 400, code: 'request.malformed', detail: 'The request is malformed.' },
  404: UNKNOWN_ROUTE,
  405: { status: 405, code: 'request.method', detail: 'This method is not known here.' },
  408: { status: 408, code: 'request.timeout', detail: 'The request took too long to arrive.' },
  413: { status: 413, code: 'request.too_large', detail: 'The body is larger than this route takes.' },
  414: { status: 414, code: 'request.uri_too_long', detail: 'The address is too long.' },
  415: { status: 415, code: 'request.media_type', detail: 'Send application/json in UTF-8.' },
  431: { status: 431, code: 'request.headers_too_large', detail: 'The headers are too large.' },
};

/**
 * Says what an error means outside. What nobody foresaw is a constant 500; nothing of the error's own text is used, with
 * the one exception of `CodedError.publicText`, a constant by contract.
 */
export function refusedBy(error: unknown): Refused {
  if (error instanceof InvalidRequest) {
    return { status: error.status, code: error.code, detail: error.publicText, errors: error.places };
  }
  if (error instanceof CodedError) {
    return { status: error.status, code: error.code, detail: error.publicText, headers: error.headers };
  }
  // The checksum was wrong: as little there as an id that was never given out.
  if (error instanceof MalformedIdentifier) return MALFORMED;
  return byCode(error) ?? byStatus(error) ?? UNEXPECTED;
}

/** RFC 9457. */
export function problemOf(refused: Refused, requestId: string): Problem {
  const { status, code, detail, errors } = refused;
  return {
    type: `urn:integument:problem:${code}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    code,
    detail,
    requestId,
    ...(errors && { errors: [...errors] }),
  };
}

const NETWORK = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH']);
// SQLSTATE: connection exception, insufficient resources, operator intervention (shutdown), and a transaction that was given up
// because of another one, which may be tried again.
const AWAY = /^(08|53|57P|40001|40P01)/;

function byCode(error: unknown): Refused | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  if (typeof code !== 'string') return undefined;
  if (code === GATE_CLOSED) return PERMIT_CLOSED;
  if (NETWORK.has(code) || (code.length === 5 && AWAY.test(code))) return UNAVAILABLE;
  return undefined;
}

function byStatus(error: unknown): Refused | undefined {
  if (error instanceof HttpException) {
    const status = error.getStatus();
    return status < 500 ? (FRAMEWORK[status] ?? FRAMEWORK[400]) : undefined;
  }
  const { name, statusCode } = (error ?? {}) as { name?: unknown; statusCode?: unknown };
  if (name !== 'FastifyError' || typeof statusCode !== 'number' || statusCode >= 500) return undefined;
  return FRAMEWORK[statusCode] ?? FRAMEWORK[400];
}
