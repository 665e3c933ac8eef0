import swagger, { type StaticDocumentSpec } from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';

/**
 * The pages of `/docs` run swagger-ui's own script and its inline styles, and ask this server only. Everything else keeps
 * `default-src 'none'`.
 */
const DOCS_CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * `/openapi.json`, and the same document to browse at `/docs`.
 * @param document filled before the app is ready: its routes are not known when this runs
 */
export async function addDocs(scope: FastifyInstance, document: object): Promise<void> {
  let json: string | undefined;
  scope.get('/openapi.json', (_request, reply) => {
    json ??= JSON.stringify(document);
    return reply.header('content-type', 'application/json; charset=utf-8').send(json);
  });
  await scope.register(async (pages) => {
    pages.addHook('onSend', (_request, reply, payload, done) => {
      reply.header('content-security-policy', DOCS_CSP);
      done(null, payload);
    });
    const specification = { document } as unknown as StaticDocumentSpec;
    await pages.register(swagger, { mode: 'static', specification });
    await pages.register(swaggerUi, { routePrefix: '/docs', uiConfig: { deepLinking: true } });
  });
}
