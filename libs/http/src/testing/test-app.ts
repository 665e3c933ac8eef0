import { Writable } from 'node:stream';
import { type Caller, client, person, process as processCaller, staff } from '@integument/authz';
import { CodedError, defineRoute } from '@integument/contracts';
import { MalformedIdentifier } from '@integument/crypto';
import { createLogger } from '@integument/telemetry';
import { Controller, Module, StreamableFile } from '@nestjs/common';
import { z } from 'zod';
import type { ProofMarks } from '../dpop/spent-proofs.js';
import {
  Answer,
  BearerTokens,
  type CallerResolver,
  CurrentCaller,
  createHttpApp,
  DpopProofs,
  firstOf,
  type HttpApp,
  Implements,
  Input,
  type InputOf,
  type Limits,
  type Refusal,
  type RulesInForce,
} from '../index.js';
import { AUDIENCE, ISSUER, KeyServer } from './key-server.js';

/** A whole app over a real socket, with a real key server: what the tests of this library ask. */

const ability = { action: 'read', resource: 'Thing' } as const;
const common = { summary: 'For tests', tag: 'Tests' } as const;

export const look = defineRoute({
  ...common,
  id: 'things.look',
  method: 'GET',
  path: '/v1/things/:thing',
  audience: ['identity-client', 'person', 'staff', 'api-process'],
  ability,
  params: z.strictObject({ thing: z.string().max(40) }),
  query: z.strictObject({ depth: z.coerce.number().int().max(3).optional() }),
  reply: z.object({ thing: z.string(), kind: z.string() }),
});

export const first = defineRoute({
  ...common,
  id: 'things.first',
  method: 'GET',
  path: '/v1/first',
  audience: ['person', 'staff'],
  ability,
  factor: 'optional',
  reply: z.object({ done: z.boolean() }),
});

export const danger = defineRoute({
  ...common,
  id: 'things.danger',
  method: 'GET',
  path: '/v1/danger',
  audience: ['identity-client', 'staff'],
  ability,
  stepUp: true,
  reply: z.object({ done: z.boolean() }),
});

export const change = defineRoute({
  ...common,
  id: 'things.change',
  method: 'POST',
  path: '/v1/things',
  audience: ['identity-client', 'person'],
  ability: { action: 'change', resource: 'Thing' },
  body: z.strictObject({
    name: z.string().max(1_000),
    tags: z.record(z.string(), z.int()).optional(),
    nested: z.array(z.strictObject({ depth: z.int() })).optional(),
  }),
  status: 201,
  reply: z.object({ name: z.string() }),
  bodyLimit: 2_048,
});

/** Clients come with a proof of their key or not at all. */
export const keyed = defineRoute({
  ...common,
  id: 'things.keyed',
  method: 'GET',
  path: '/v1/keyed',
  audience: ['identity-client', 'staff'],
  ability,
  dpop: true,
  reply: z.object({ done: z.boolean() }),
});

export const quiet = defineRoute({
  ...common,
  id: 'things.quiet',
  method: 'DELETE',
  path: '/v1/things/quiet',
  audience: ['identity-client'],
  ability: { action: 'nobody-grants-this', resource: 'Thing' },
  status: 204,
  unaudited: true,
});

export const open = defineRoute({
  ...common,
  id: 'things.open',
  method: 'POST',
  path: '/v1/open',
  audience: ['public'],
  reply: z.object({ done: z.boolean() }),
});

export const who = defineRoute({
  ...common,
  id: 'things.who',
  method: 'GET',
  path: '/v1/who',
  audience: ['public', 'person'],
  reply: z.object({ kind: z.string().nullable() }),
});

export const fail = defineRoute({
  ...common,
  id: 'things.fail',
  method: 'GET',
  path: '/v1/fail/:how',
  audience: ['identity-client'],
  ability,
  params: z.strictObject({ how: z.string() }),
  reply: z.object({ text: z.string() }),
});

export const stream = defineRoute({
  ...common,
  id: 'things.stream',
  method: 'GET',
  path: '/v1/stream',
  audience: ['public'],
});

export const file = defineRoute({
  ...common,
  id: 'things.file',
  method: 'GET',
  path: '/v1/files/*',
  audience: ['public'],
  params: z.strictObject({ '*': z.string().regex(/^[a-z/]+$/) }),
  media: ['application/octet-stream'],
});

export const slow = defineRoute({
  ...common,
  id: 'things.slow',
  method: 'GET',
  path: '/v1/slow',
  audience: ['public'],
  reply: z.object({ done: z.boolean() }),
});

/** Stands nowhere but in the errors below: must never come out. */
export const CANARY = 'canary-7f3a9c';

const failures: Record<string, () => unknown> = {
  recorded: () => {
    throw new CodedError('things.few', 422, 'Too few.', { recorded: true });
  },
  unforeseen: () => {
    throw new Error(`duplicate key (email)=(${CANARY})`);
  },
  closed: () => {
    throw Object.assign(new Error(CANARY), { code: 'IG001' });
  },
  away: () => {
    throw Object.assign(new Error(CANARY), { code: '57P01' });
  },
  malformed: () => {
    throw new MalformedIdentifier('psn');
  },
  coded: () => {
    throw new CodedError('things.full', 409, 'Nothing fits in any more.', {
      headers: { 'retry-after': '9' },
    });
  },
  mismatch: () => ({ text: 7, secret: CANARY }),
  long: () => ({ text: 'x'.repeat(4_000) }),
};

@Controller()
class Things {
  @Implements(look)
  look(@Input() { params }: InputOf<typeof look>, @CurrentCaller() caller: Caller) {
    return { thing: params.thing, kind: caller.kind, undeclared: CANARY };
  }

  @Implements(first)
  first() {
    return { done: true };
  }

  @Implements(danger)
  danger() {
    return { done: true };
  }

  @Implements(change)
  async change(@Input() { body }: InputOf<typeof change>) {
    await Promise.resolve();
    return Answer.of({ name: body.name }, { headers: { 'x-more': 'yes' } });
  }

  @Implements(keyed)
  keyed() {
    return { done: true };
  }

  @Implements(quiet)
  quiet(): void {}

  @Implements(open)
  open() {
    return { done: true };
  }

  @Implements(who)
  who(@CurrentCaller() caller: Caller | null) {
    return { kind: caller?.kind ?? null };
  }

  @Implements(fail)
  fail(@Input() { params }: InputOf<typeof fail>): { text: string } {
    return failures[params.how]?.() as { text: string };
  }

  @Implements(slow)
  async slow() {
    await new Promise((resolve) => setTimeout(resolve, 150));
    return { done: true };
  }

  @Implements(file)
  file(@Input() { params }: InputOf<typeof file>) {
    const bytes = new StreamableFile(Buffer.from(params['*']), { type: 'application/octet-stream' });
    return Answer.of(bytes, { headers: { 'cache-control': 'private, max-age=60' } });
  }

  @Implements(stream)
  stream() {
    return new StreamableFile(Buffer.from('{"line":1}\n'), { type: 'application/x-ndjson' });
  }
}

@Module({ controllers: [Things] })
class ThingsModule {}

export const WEB = 'http://web.test';
export const PUBLIC_URL = 'http://api.test';

const CLIENTS = new Map<unknown, Caller>([
  ['shop', client({ clientId: 'shop', use: 'identity' })],
  ['skin', client({ clientId: 'skin', use: 'health' })],
  ['courier', client({ clientId: 'courier', use: 'identity', dpop: true })],
]);

/** Sessions stand in for the apps' own; a process in for a client certificate. */
const sessions: CallerResolver = {
  resolve: (request) => {
    const cookie = request.headers.cookie;
    if (cookie === 'session=anna') return Promise.resolve(person({ id: 'p1', session: 's1' }));
    const olivia = { id: 'st1', session: 's2', roles: ['auditor'] };
    if (cookie === 'session=olivia') return staff({ ...olivia, secondFactorAt: new Date() });
    if (cookie === 'session=one-factor') return staff(olivia);
    const [, seconds] = /^session=factor-(\w+)-ago$/.exec(cookie ?? '') ?? [];
    if (seconds) return staff({ ...olivia, secondFactorAt: new Date(Date.now() - Number(seconds) * 1_000) });
    return request.headers['x-test-certificate'] === 'api' ? processCaller({ name: 'api' }) : null;
  },
  peek: (request) =>
    request.headers['x-test-certificate'] === 'api' ? processCaller({ name: 'api' }) : null,
};

export interface TestApp {
  readonly http: HttpApp;
  readonly base: string;
  readonly refusals: Refusal[];
  /** what was refused to nobody known: route and code */
  readonly strangers: string[];
  readonly log: string[];
  readonly keys: KeyServer;
  /** Moves the clock by which tokens are judged; milliseconds. */
  clockOffset: number;
  /** Makes the refusal log fail. */
  refusalsFail: boolean;
  close(): Promise<void>;
}

/** Of one replica alone. */
export function marksInMemory(): ProofMarks {
  const spent = new Set<string>();
  return {
    spend: (mark) => {
      const name = mark.toString('hex');
      const fresh = !spent.has(name);
      spent.add(name);
      return Promise.resolve(fresh);
    },
  };
}

interface Shared {
  readonly keys?: KeyServer;
  readonly marks?: ProofMarks;
  readonly rules?: RulesInForce;
}

/**
 * @param limits nobody is limited when absent
 * @param shared with other replicas
 */
export async function startTestApp(limits?: Limits, shared: Shared = {}): Promise<TestApp> {
  const keys = shared.keys ?? (await KeyServer.start());
  const log: string[] = [];
  const app: Omit<TestApp, 'http' | 'base'> & { http?: HttpApp; base?: string } = {
    refusals: [],
    strangers: [],
    log,
    keys,
    clockOffset: 0,
    refusalsFail: false,
    close: async () => {
      await app.http?.close();
      if (!shared.keys) keys.close();
    },
  };
  const now = () => Date.now() + app.clockOffset;
  const tokens = new BearerTokens({
    issuer: ISSUER,
    audience: AUDIENCE,
    jwksUrl: keys.url,
    proofs: new DpopProofs({ publicUrl: PUBLIC_URL, marks: shared.marks ?? marksInMemory(), now }),
    now,
    callerOf: (claims) => CLIENTS.get(claims.client_id) ?? null,
  });
  app.http = await createHttpApp(ThingsModule, {
    logger: createLogger({ service: 'test', level: 'debug', stream: lines(log) }),
    title: 'Test',
    description: 'For tests',
    version: '1.0.0',
    publicUrl: PUBLIC_URL,
    listener: 'public',
    trustedProxies: ['127.0.0.1'],
    allowedOrigins: [WEB],
    wire: () => ({
      callers: firstOf(tokens, sessions),
      sessionCookie: 'session',
      refusals: {
        refused: (refusal) => {
          if (app.refusalsFail) return Promise.reject(new Error(CANARY));
          app.refusals.push(refusal);
          return Promise.resolve();
        },
        refusedStranger: (route, code) => app.strangers.push(`${route?.id ?? '-'} ${code}`),
      },
      limits: limits ?? null,
      rules: shared.rules ?? null,
      policies: [
        (can, caller) => {
          can('read', 'Thing');
          if (caller.kind !== 'staff') can('change', 'Thing');
        },
      ],
      checks: { always: () => Promise.resolve() },
    }),
  });
  app.base = `http://127.0.0.1:${await app.http.listen(0, '127.0.0.1')}`;
  return app as TestApp;
}

function lines(into: string[]): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      into.push(chunk.toString('utf8'));
      done();
    },
  });
}
