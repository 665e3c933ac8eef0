import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import compress from '@fastify/compress';
import helmet from '@fastify/helmet';
import files from '@fastify/static';
import { type FastifyInstance, fastify } from 'fastify';
import type { WebConfig } from './config.js';

/** Seconds, as the two apps say. */
const TWO_YEARS = 63_072_000;

/**
 * Serves the pages and nothing else. This origin holds no data and no session: what a browser shows comes straight from
 * the vault and from the API, and this process sees neither.
 */
export async function createServer(config: WebConfig): Promise<FastifyInstance> {
  const server = fastify({ bodyLimit: 1_024, forceCloseConnections: true });
  await server.register(helmet, securityHeaders(config));
  await server.register(compress);
  await server.register(files, { root: publicFolder(), cacheControl: false, etag: true });
  server.addHook('onSend', (_request, reply, payload, done) => {
    // The pages are small and asked for anew each time, so that nobody runs yesterday's code against today's apps.
    reply.header('cache-control', 'no-cache');
    done(null, payload);
  });
  server.get('/config.json', () => ({ vault: config.vault, api: config.api }));
  server.get('/healthz', () => ({ status: 'ok' }));
  server.get('/readyz', () => ({ status: 'ok' }));
  server.setNotFoundHandler((_request, reply) => {
    void reply.code(404).type('text/plain; charset=utf-8').send('There is no such page.\n');
  });
  return server;
}

/**
 * The page may run its own script and talk with the two apps, and can do nothing else: what an attacker could inject
 * would find no way to run and nowhere to send data to.
 */
function securityHeaders(config: WebConfig) {
  return {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'"],
        connectSrc: ["'self'", config.vault, config.api],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
        requireTrustedTypesFor: ["'script'"],
      },
    },
    // A page over https never speaks with apps over http; on loopback there is no https that browsers could be kept to.
    strictTransportSecurity: config.vault.startsWith('https:') && {
      maxAge: TWO_YEARS,
      includeSubDomains: true,
    },
    referrerPolicy: { policy: 'no-referrer' as const },
  };
}

/** The files stand beside the source and aren't built; the build finds them from its own folder. */
function publicFolder(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const places = [join(here, '../public'), join(here, '../../../../apps/web/public')];
  const found = places.find((place) => existsSync(join(place, 'index.html')));
  if (!found) throw new Error('the folder apps/web/public is missing');
  return found;
}
