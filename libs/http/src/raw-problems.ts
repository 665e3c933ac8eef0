import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { PROBLEM_TYPE } from '@integument/contracts';
import type { FastifyError } from 'fastify';
import { hasOwnTime } from './own-time.js';
import { problemOf, refusedBy } from './problems.js';
import type { HttpReply, HttpRequest } from './request.js';

/** For an address that can't be routed at all: no route, no hook and no filter has run. @param headers of every answer */
export function brokenUrlAnswer(headers: Readonly<Record<string, string>>) {
  return (error: FastifyError, request: HttpRequest, reply: HttpReply): void => {
    const refused = refusedBy(error);
    void reply
      .code(refused.status)
      .headers(headers)
      .header('content-type', PROBLEM_TYPE)
      .header('x-request-id', request.id)
      .send(JSON.stringify(problemOf(refused, request.id)));
  };
}

const STATUS: Readonly<Record<string, 408 | 431>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
};

/** Bytes that are not HTTP: there is no request, so the answer is written by hand. */
export function answerBrokenConnection(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && hasOwnTime(socket)) return;
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = STATUS[error.code ?? ''] ?? 400;
  const problem = problemOf(refusedBy({ name: 'FastifyError', statusCode: status }), randomUUID());
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${status} ${problem.title}`,
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'cache-control: no-store',
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
