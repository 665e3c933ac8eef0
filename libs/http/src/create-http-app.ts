import { randomUUID } from 'node:crypto';
import type { SecureServerOptions } from 'node:http2';
import { Abilities, type Policy, policyVersion } from '@integument/authz';
import type { RouteContract } from '@integument/contracts';
import { type Logger, NestLogger } from '@integument/telemetry';
import type { DynamicModule, INestApplicationContext, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type FastifyInstance, fastify } from 'fastify';
import { HttpAdapter } from './adapter.js';
import { Admission } from './admission.js';
import type { CallerResolver } from './callers.js';
import { addCompression } from './compression.js';
import { addCors } from './cors.js';
import { addDocs } from './docs.js';
import { acceptForms } from './form-body.js';
import { addSecurityHeaders, securityHeaders } from './headers.js';
import { Health, type HealthCheck } from './health.js';
import { acceptJsonOnly } from './json-body.js';
import { boundLargeBodies } from './large-bodies.js';
import type { Limits } from './limits/limits.js';
import { acceptLines } from './lines-body.js';
import { openApi } from './openapi.js';
import { registerPlatform } from './platform-plugin.js';
import { ProblemFilter } from './problem-filter.js';
import type { Provenance } from './provenance.js';
import { answerBrokenConnection, brokenUrlAnswer } from './raw-problems.js';
import type { RefusalLog } from './refusals.js';
import { RouteRegister } from './routes.js';
import type { RulesInForce } from './rules/rules-in-force.js';

/** What the app's own services supply, asked for once they exist and before a request can come in. */
export interface HttpWiring {
  readonly callers: CallerResolver;
  readonly refusals: RefusalLog;
  /** how much each caller may send; null where only our own processes come */
  readonly limits: Limits | null;
  /** of all features */
  readonly policies: readonly Policy[];
  /** what is stored and narrows them; null where only our own processes come */
  readonly rules: RulesInForce | null;
  /** parts without which the app can't serve, by name */
  readonly checks: Readonly<Record<string, HealthCheck>>;
  /** name of the cookie of sessions, for the documents; absent where there are none */
  readonly sessionCookie?: string;
}

export interface HttpAppOptions {
  readonly logger: Logger;
  readonly title: string;
  readonly description: string;
  readonly version: string;
  /** as callers see this listener; `https:` turns HSTS on */
  readonly publicUrl: string;
  /** as audit entries name it */
  readonly listener: Provenance['listener'];
  /** networks whose X-Forwarded-For is believed; nobody's when absent */
  readonly trustedProxies?: readonly string[];
  /** origins whose pages may call with a cookie, besides this app's own */
  readonly allowedOrigins: readonly string[];
  /** `/openapi.json` and `/docs`; true when absent */
  readonly docs?: boolean;
  /** makes the listener TLS; with `requestCert` and `rejectUnauthorized` mutual TLS */
  readonly https?: SecureServerOptions;
  readonly wire: (app: INestApplicationContext) => HttpWiring;
}

export interface HttpApp {
  readonly app: NestFastifyApplication;
  /** every route there is, besides health and documents */
  readonly contracts: readonly RouteContract[];
  /** @returns the port, which the system chose if 0 was asked for */
  listen(port: number, host: string): Promise<number>;
  /** Answers what is under way, then lets the modules go. */
  close(): Promise<void>;
}

const MAX_BODY = 1_048_576;
/** How long a request may take to come in, and its headers: were theirs longer, Node would take each for the other. */
const REQUEST_MS = 30_000;
const HEADERS_MS = 10_000;
const SWEEP_MS = 50;

/**
 * Builds one listener: NestJS on Fastify, every route declared by a contract, guarded, validated, refused and documented
 * the same way. Rejects, so that the app does not start, when a route has no contract.
 */
export async function createHttpApp(module: Type | DynamicModule, options: HttpAppOptions): Promise<HttpApp> {
  const register = new RouteRegister();
  const instance = createServer(options, register);
  const app = await NestFactory.create<NestFastifyApplication>(module, new HttpAdapter(instance), {
    logger: new NestLogger(options.logger),
    bodyParser: false,
    abortOnError: false,
  });
  const wiring = options.wire(app);
  const health = new Health(wiring.checks);
  const document = {};
  await addGuards(app, instance, options, wiring);
  await registerPlatform(instance, async (scope) => {
    health.addRoutes(scope);
    if (options.docs ?? true) await addDocs(scope, document);
  });
  await app.init();
  await instance.ready();
  register.check();
  instance.provenance.policy = policyVersion(wiring.policies, register.contracts());
  const { title, description, version, publicUrl: url } = options;
  const info = { title, description, version, url, sessionCookie: wiring.sessionCookie };
  Object.assign(document, openApi(info, register.contracts()));
  return httpApp(app, instance, health, wiring.limits, register.contracts());
}

/** Everything that belongs to the connection and the bytes. */
function createServer(options: HttpAppOptions, register: RouteRegister): FastifyInstance {
  const { publicUrl, https, listener, trustedProxies = [] } = options;
  const headers = securityHeaders(publicUrl.startsWith('https:'));
  const instance = fastify({
    logger: false,
    genReqId: () => randomUUID(),
    // An id from outside could be a value, or another request's.
    requestIdHeader: false,
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    // A route that was not declared does not exist, HEAD included.
    exposeHeadRoutes: false,
    bodyLimit: MAX_BODY,
    requestTimeout: REQUEST_MS,
    forceCloseConnections: 'idle',
    // While closing, what still comes in on open connections is served: the modules stay until all is answered.
    return503OnClosing: false,
    frameworkErrors: brokenUrlAnswer(headers),
    clientErrorHandler: answerBrokenConnection,
    ...(https && { https }),
  } as object) as unknown as FastifyInstance;
  instance.server.headersTimeout = HEADERS_MS;
  instance.decorate('provenance', { listener, policy: '' });
  instance.decorateRequest('caller', null);
  instance.decorateRequest('lease', null);
  instance.decorateRequest('proved', false);
  instance.decorateRequest('ruledBy', null);
  instance.decorateRequest('admitted', null);
  instance.decorateRequest('input', null);
  instance.decorateRequest('rawBody', undefined);
  register.watch(instance);
  acceptJsonOnly(instance);
  acceptForms(instance);
  acceptLines(instance);
  addSecurityHeaders(instance, headers);
  return instance;
}

async function addGuards(
  app: NestFastifyApplication,
  instance: FastifyInstance,
  options: HttpAppOptions,
  wiring: HttpWiring,
): Promise<void> {
  const allowedOrigins = new Set([...options.allowedOrigins, new URL(options.publicUrl).origin]);
  const admission = new Admission({
    callers: wiring.callers,
    abilities: new Abilities(wiring.policies),
    allowedOrigins,
    limits: wiring.limits,
    rules: wiring.rules,
  });
  const problems = new ProblemFilter({ ...wiring, logger: options.logger });
  instance.setErrorHandler((error, request, reply) => problems.answer(error, request, reply));
  app.useGlobalFilters(problems);
  if (options.allowedOrigins.length > 0) await addCors(instance, options.allowedOrigins);
  instance.decorate('admission', admission);
  instance.addHook('onRequest', admission.hook);
  boundLargeBodies(instance);
  await addCompression(instance);
}

function httpApp(
  app: NestFastifyApplication,
  instance: FastifyInstance,
  health: Health,
  limits: Limits | null,
  contracts: readonly RouteContract[],
): HttpApp {
  return {
    app,
    contracts,
    async listen(port, host) {
      await instance.listen({ port, host });
      const address = instance.server.address();
      return typeof address === 'object' && address !== null ? address.port : port;
    },
    async close() {
      health.goDown();
      // First the requests, then the modules: Nest alone would take the pools away from under running requests.
      await drain(instance);
      await limits?.close();
      await app.close();
    },
  };
}

/** Takes no more connections and waits until those there are have their answers. */
async function drain(instance: FastifyInstance): Promise<void> {
  // A connection that was busy when the closing began would stay open, idle, for its keep-alive time.
  const sweep = setInterval(() => instance.server.closeIdleConnections(), SWEEP_MS);
  try {
    await instance.close();
  } finally {
    clearInterval(sweep);
  }
}
