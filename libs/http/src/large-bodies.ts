import { CodedError } from '@integument/contracts';
import type { FastifyInstance } from 'fastify';
import { contractOf, type HttpRequest } from './request.js';

/** Bytes. Shorter ones aren't counted: connections bound how many there are. */
const LARGE = 65_536;
/** Bytes of large bodies under way in one process: parsed, each takes several times as much, and the process has little more. */
const MOST = 32 * 1024 * 1024;

/**
 * Keeps who may send much from ending the process for all others. Asked behind the admission, so that nobody unknown takes the room;
 * before anything of the body is read; given back when the answer has left, or the connection is gone.
 */
export function boundLargeBodies(instance: FastifyInstance, most: number = MOST): void {
  let underWay = 0;
  instance.addHook('onRequest', (request, reply, done) => {
    const length = lengthOf(request);
    if (length <= LARGE) return done();
    if (underWay + length > most) return done(full());
    underWay += length;
    reply.raw.once('close', () => {
      underWay -= length;
    });
    done();
  });
}

/** Of lines one stretch is read at a time; what is longer than its route takes is refused unread. */
function lengthOf(request: HttpRequest): number {
  if (contractOf(request)?.lines) return 0;
  const most = request.routeOptions.bodyLimit;
  const length = request.headers['content-length'];
  if (length === undefined) return request.headers['transfer-encoding'] === undefined ? 0 : most;
  return Number(length) > most ? 0 : Number(length);
}

function full(): CodedError {
  return new CodedError('server.busy', 503, 'Too much is being sent at once. Try again soon.', {
    headers: { 'retry-after': '2' },
  });
}
