import { once } from 'node:events';
import { connect } from 'node:net';
import { type Caller, client, person, ruleText, ruleTextDigest } from '@integument/authz';
import { DAYS, defineRoute, ruleDocument } from '@integument/contracts';
import { createLogger } from '@integument/telemetry';
import { Controller, Module } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import {
  AskedBy,
  type Asker,
  createHttpApp,
  type HttpApp,
  Implements,
  type Refusal,
  RulesInForce,
} from '../index.js';

const ping = defineRoute({
  id: 'service.ping',
  method: 'POST',
  path: '/v1/ping',
  summary: 'For tests',
  tag: 'Tests',
  audience: ['person', 'identity-client'],
  ability: { action: 'ping', resource: 'Service' },
  body: z.strictObject({ name: z.string().optional() }),
  reply: z.object({ policy: z.string().optional() }),
});

@Controller()
class PingController {
  @Implements(ping)
  ping(@AskedBy() { policy }: Asker) {
    return { policy };
  }
}

@Module({ controllers: [PingController] })
class PingModule {}

const CALLERS: Readonly<Record<string, Caller>> = {
  shop: client({ clientId: 'shop', use: 'identity' }),
  anna: person({ id: 'anna', session: 's' }),
};
const OPEN = ruleText({ format: 1, rules: [], reveals: [] });
const CLOSED = ruleText(
  ruleDocument.parse({
    format: 1,
    rules: [
      {
        id: 'never',
        app: 'vault',
        action: 'ping',
        resource: 'Service',
        // On the one day that the clock of these rules never shows.
        only: [{ hours: { days: [DAYS[0]], from: '00:00', to: '24:00', timeZone: 'UTC' } }],
      },
    ],
    reveals: [],
  }),
);
const TUESDAY = Date.UTC(2026, 5, 2, 12);

let text: string;
let isAway: boolean;
let clock: number;
const refusals: Refusal[] = [];
let http: HttpApp;
let port: number;
beforeAll(async () => {
  const source = {
    current: () =>
      isAway
        ? Promise.reject(new Error('away'))
        : Promise.resolve({ version: text === OPEN ? 1 : 2, digest: ruleTextDigest(text) }),
    text: () => Promise.resolve(text),
  };
  const rules = new RulesInForce('vault', source, { steady: () => clock, wall: () => clock }, () => TUESDAY);
  http = await createHttpApp(PingModule, {
    logger: createLogger({ service: 'test', level: 'error' }),
    title: 'Test',
    description: 'For tests',
    version: '1',
    publicUrl: 'http://api.test',
    listener: 'public',
    allowedOrigins: [],
    wire: () => ({
      callers: { resolve: (request) => CALLERS[String(request.headers['x-caller'])] ?? null },
      refusals: {
        refused: (refusal) => {
          refusals.push(refusal);
          return Promise.resolve();
        },
        refusedStranger: () => undefined,
      },
      limits: null,
      rules,
      policies: [(can) => can('ping', 'Service')],
      checks: {},
    }),
  });
  port = await http.listen(0, '127.0.0.1');
});
afterAll(() => http.close());
beforeEach(() => {
  [text, isAway] = [OPEN, false];
  clock = (clock ?? 0) + 10_000;
  refusals.length = 0;
});

async function sent(caller: string): Promise<{ status: number; code?: string; policy?: string }> {
  const headers = { 'x-caller': caller, 'content-type': 'application/json', origin: 'http://api.test' };
  const reply = await fetch(`http://127.0.0.1:${port}/v1/ping`, { method: 'POST', headers, body: '{}' });
  return { ...((await reply.json()) as object), status: reply.status };
}
const markOf = (rules: string) => ruleTextDigest(rules).slice(0, 12);

it('a request is decided by the version in force, and its entry says by which', async () => {
  const open = await sent('shop');
  expect([open.status, open.policy]).toEqual([
    200,
    expect.stringMatching(new RegExp(`^[0-9a-f]{12}\\.${markOf(OPEN)}$`)),
  ]);
  [text, clock] = [CLOSED, clock + 1_000];
  expect(await sent('shop')).toMatchObject({ status: 403, code: 'auth.forbidden' });
  expect(refusals.map(({ policy }) => policy?.split('.')[1])).toEqual([markOf(CLOSED)]);
});

it('a person’s is decided by no rule, and needs nobody to know of any', async () => {
  [text, isAway] = [CLOSED, true];
  const { status, policy } = await sent('anna');
  expect([status, policy]).toEqual([200, expect.stringMatching(/^[0-9a-f]{12}$/)]);
});

it('nothing that rules can be about is answered while they can’t be known', async () => {
  isAway = true;
  expect(await sent('shop')).toMatchObject({ status: 503, code: 'rules.unavailable' });
  isAway = false;
  expect(await sent('shop')).toMatchObject({ status: 200 });
});

it('a request whose body comes after others are in force is let in again, by those', async () => {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const head = ['POST /v1/ping HTTP/1.1', 'host: x', 'x-caller: shop', 'content-type: application/json'];
  socket.write(`${[...head, 'content-length: 2', 'connection: close'].join('\r\n')}\r\n\r\n{`);
  // Let in by the version before: the door is open as long as nobody asks again.
  await new Promise((resolve) => setTimeout(resolve, 200));
  [text, clock] = [CLOSED, clock + 1_000];
  const answer: Buffer[] = [];
  socket.on('data', (piece: Buffer) => answer.push(piece));
  socket.write('}');
  await once(socket, 'close');
  expect(Buffer.concat(answer).toString('utf8')).toMatch(/^HTTP\/1\.1 403 /);
  expect(refusals.map(({ policy }) => policy?.split('.')[1])).toEqual([markOf(CLOSED)]);
});
