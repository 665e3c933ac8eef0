import { randomBytes, randomUUID } from 'node:crypto';
import { client, ruleText, ruleTextDigest } from '@integument/authz';
import { readReadings, ruleDocument, storeReadings } from '@integument/contracts';
import { Idempotency } from '@integument/database';
import { type Asker, Effects, type HttpRequest, type InputOf, RulesInForce } from '@integument/http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestApi } from '../../api.fixture.js';
import { ModulePermits } from '../permits/index.js';
import { IngestController } from './ingest.controller.js';

const TEXT = ruleText(
  ruleDocument.parse({
    format: 1,
    rules: ['store', 'read'].map((action) => ({
      id: action,
      app: 'api',
      who: { clients: ['skin-app'] },
      action,
      resource: 'Reading',
      only: [{ category: ['heart-rate'] }],
    })),
    reveals: [],
  }),
);

let api: TestApi;
let controller: IngestController;
beforeAll(async () => {
  api = await TestApi.open();
  const source = {
    current: () => Promise.resolve({ version: 1, digest: ruleTextDigest(TEXT) }),
    text: () => Promise.resolve(TEXT),
  };
  const effects = new Effects(api.unitOfWork, new Idempotency(randomBytes(32)));
  controller = new IngestController(
    api.ingest,
    new ModulePermits('ingest', api.permits),
    effects,
    new RulesInForce('api', source),
  );
});
afterAll(() => api.close());

// Without a permit's header: what the rules let through is refused behind them.
const request = { headers: {} } as HttpRequest;
const askerOf = (clientId: string): Asker => ({
  caller: client({ clientId, use: 'health', purposes: ['ingest'] }),
  requestId: 'req',
});
const codeOf = (work: Promise<unknown>) => work.catch((error: unknown) => (error as { code?: string }).code);

it.each([
  ['skin-app', 'heart-rate', 'permits.header_missing'],
  ['skin-app', 'skin-temperature', 'auth.forbidden'],
  ['other-app', 'skin-temperature', 'permits.header_missing'],
])('%s, held to heart rates or not, with %s: %s', async (clientId, stream, expected) => {
  const readings = [[1_770_000_000_000, 60]];
  const body = storeReadings.body?.parse({ batch: randomUUID(), stream, readings });
  const query = readReadings.query?.parse({ stream });
  const stored = { params: undefined, query: undefined, body } as InputOf<typeof storeReadings>;
  const read = { params: undefined, query, body: undefined } as InputOf<typeof readReadings>;
  const asker = askerOf(clientId);
  expect(await codeOf(controller.store(asker, stored, request, undefined))).toBe(expected);
  expect(await codeOf(controller.read(asker, read, request))).toBe(expected);
});
