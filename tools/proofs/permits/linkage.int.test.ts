import { randomBytes, randomUUID } from 'node:crypto';
import {
  type GateId,
  openPermit,
  type Pseudonym,
  type PurposeName,
  permitKeys,
  type RouteContract,
} from '@integument/contracts';
import { encodeId, randomId } from '@integument/crypto';
import { proofCount, seededRandom } from '@integument/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sessionContent, TestApi } from '../../../apps/api/src/api.fixture.js';
import { ScatteredRows } from '../../../apps/api/src/features/permits/index.js';
import { RecommendationsStore } from '../../../apps/api/src/features/recommendations/recommendations.store.js';
import { sealEvent } from '../../../apps/api/src/features/recommendations/sealed-event.js';
import type { VaultClient } from '../../../apps/api/src/platform/vault-client.js';
import { byOrder, CHANCE, shared } from './linkage-attacks.js';

const PEOPLE = proofCount(400, 10_000);
/** People who are at it at the same moment, by what they do next in any order. */
const AT_ONCE = 4;
/** Orders that the rows have when they are written, and no more when they are scattered. */
const OF_ARRIVAL = ['place of the gate', 'place of the event', 'place of the receipt'];
/** People use what they agreed to at times of their own, so this one tells less. */
const OF_USE = 'place of the first data';
/** What is left: no dump has it, a copy of the server's files has. */
const LEFT = ['transaction of the gate'];

const random = seededRandom();
const partnerOf = new Map<string, string>();
const events = new RecommendationsStore();
let api: TestApi;

/** As much of the vault as giving consent takes: pseudonyms and keys. */
function vault(): VaultClient {
  const keys = new Map<string, string>();
  const keyOf = (gate: string) =>
    keys.get(gate) ?? keys.set(gate, randomBytes(32).toString('base64url')).get(gate);
  const answers: Readonly<Record<string, (body: Record<string, unknown>) => unknown>> = {
    [openPermit.id]: (body) => ({
      ...body,
      pseudonym: encodeId('psn', randomId()) as Pseudonym,
      subject: randomBytes(32).toString('base64url'),
      state: 'open',
    }),
    [permitKeys.id]: ({ gates }) => ({
      keys: (gates as GateId[]).map((gate) => ({ gate, epoch: 1, key: keyOf(gate) })),
    }),
  };
  const call = ({ id }: RouteContract, { body }: { body: Record<string, unknown> }) =>
    Promise.resolve(answers[id]?.(body) ?? { permits: [], declined: [] });
  return { call } as unknown as VaultClient;
}

/** Agrees to both, one after the other, and then uses both. */
async function live(): Promise<void> {
  const secret = await api.openSession(sessionContent());
  const give = async (purpose: PurposeName) =>
    api.consent.give(await api.asker(secret), purpose, api.agreementTo(purpose));
  await give('ingest');
  await give('recommendation');
  const asker = await api.asker(secret);
  const ingest = api.permits.pseudonymOf(asker.caller, 'ingest', undefined);
  const taste = api.permits.pseudonymOf(asker.caller, 'recommendation', undefined);
  partnerOf.set(ingest.toString('hex'), taste.toString('hex'));
  const readings: [number, number][] = [[Date.UTC(2026, 5, 1) + random.below(1_000_000), random.below(100)]];
  await api.permits.through(ingest, 'ingest', (tx, leave) =>
    api.ingest.storeBatch(tx, asker, leave, { batch: randomUUID(), stream: 'heart-rate', readings }),
  );
  const event = { kind: 'interaction', event: randomUUID(), product: 'cream', interaction: 'liked' } as const;
  await api.permits.through(taste, 'recommendation', (tx, { key }) =>
    events.insert(tx, taste, [sealEvent(key, taste, event as never, Date.now())]),
  );
}

beforeAll(async () => {
  api = await TestApi.open(vault());
  let left = PEOPLE;
  const lane = async () => {
    while (left-- > 0) await live();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}, 1_200_000);
afterAll(() => api.close());

it('has no value that stands in rows of two purposes', async () => {
  expect(partnerOf.size).toBe(PEOPLE);
  expect(await shared(api)).toEqual([]);
});

it('has none that it would overlook, of few people or of all', async () => {
  const [pair = ['', '']] = partnerOf;
  await api.query(
    `CREATE TABLE planted (gate_id bytea, mark bytea DEFAULT '\\x0011223344556677', device text, screen int)`,
  );
  await api.query('INSERT INTO planted SELECT gate_id FROM permit_gate');
  await api.query(
    `INSERT INTO planted SELECT gate_id, '\\x01', 'a-device', 1234 FROM permit_gate
     WHERE encode(pseudonym, 'hex') = ANY($1)`,
    [pair],
  );
  expect((await shared(api)).sort()).toEqual(['\\x0011223344556677', '\\x01', 'a-device', 'screen 1234']);
  await api.query('DROP TABLE planted');
});

it(`joins no purposes by names, days and sizes, and by the order of rows until they are scattered (${PEOPLE} people)`, async () => {
  const fresh = await byOrder(api, partnerOf);
  expect(await new ScatteredRows(api.unitOfWork).scatter()).toEqual([]);
  const later = await byOrder(api, partnerOf);
  for (const [attack, right] of Object.entries(fresh)) {
    // An attack that can't succeed where rows lie as they came is none.
    if ([...OF_ARRIVAL, ...LEFT].includes(attack)) expect(right, attack).toBeGreaterThan(3 * CHANCE);
    else if (attack !== OF_USE) expect(right, attack).toBeLessThanOrEqual(2 * CHANCE);
  }
  for (const [attack, right] of Object.entries(later))
    if (!LEFT.includes(attack)) expect(right, attack).toBeLessThanOrEqual(2 * CHANCE);
});
