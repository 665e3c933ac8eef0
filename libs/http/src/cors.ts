import cors from '@fastify/cors';
import { CLAIM_HEADER, PERMIT_HEADER } from '@integument/contracts';
import type { FastifyInstance, onRequestHookHandler } from 'fastify';

/**
 * Lets the web app's origin, and no other, call with its cookies and read the answers (Fetch standard, CORS protocol).
 *
 * The plugin's hook runs only for requests that name an origin. Programs don't, and for them it would still have set three
 * headers and resolved its options each time: an eighth of the time of a small request.
 */
export async function addCors(instance: FastifyInstance, origins: readonly string[]): Promise<void> {
  let hook: onRequestHookHandler | undefined;
  const catching = new Proxy(instance, {
    get(target, name) {
      if (name !== 'addHook') return Reflect.get(target, name) as unknown;
      return (_when: string, handler: onRequestHookHandler) => {
        hook = handler;
      };
    },
  });
  await new Promise<void>((resolve, reject) => {
    cors(
      catching,
      {
        origin: [...origins],
        credentials: true,
        methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
        allowedHeaders: ['authorization', 'content-type', 'idempotency-key', PERMIT_HEADER, CLAIM_HEADER],
        exposedHeaders: [
          'x-request-id',
          'idempotent-replayed',
          'retry-after',
          'ratelimit',
          'ratelimit-policy',
        ],
        maxAge: 600,
      },
      (error) => (error ? reject(error) : resolve()),
    );
  });
  instance.addHook('onRequest', function (request, reply, done) {
    if (request.headers.origin === undefined || !hook) done();
    else hook.call(this, request, reply, done);
  });
}
