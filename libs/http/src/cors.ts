import type { FastifyCorsOptions } from '@fastify/cors';

/** Lets the web app's origin, and no other, call with its cookies and read the answers (Fetch standard, CORS protocol). */
export function corsOptions(origins: readonly string[]): FastifyCorsOptions {
  return {
    origin: [...origins],
    credentials: true,
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: [
      'authorization',
      'content-type',
      'idempotency-key',
      'integument-permit',
      'integument-claim',
    ],
    exposedHeaders: ['x-request-id', 'idempotent-replayed', 'retry-after'],
    maxAge: 600,
  };
}
