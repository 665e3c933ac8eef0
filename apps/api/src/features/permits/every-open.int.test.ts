import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestApi } from '../../api.fixture.js';
import type { VaultClient } from '../../platform/vault-client.js';
import { gateName } from './permit-keys.js';

const asked: number[] = [];
/** Gates that the vault gives no key of. */
const closed = new Set<string>();
const vault = {
  call: (_route: object, { body }: { body: { gates: string[] } }) => {
    asked.push(body.gates.length);
    const open = body.gates.filter((gate) => !closed.has(gate));
    const key = randomBytes(32).toString('base64url');
    return Promise.resolve({ keys: open.map((gate) => ({ gate, key, epoch: 1 })) });
  },
} as unknown as VaultClient;

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.open(vault);
});
afterAll(() => api.close());

it('looks at everybody who agreed, in batches, whatever their number, but whose key the vault keeps', async () => {
  await api.query(
    `INSERT INTO permit_gate (gate_id, purpose, pseudonym, state, epoch, subject, ends_on)
     SELECT decode(md5('g' || n), 'hex'), 'analytics', decode(md5('p' || n), 'hex'), 'open', 1, sha256(n::text::bytea), current_date + 9
     FROM generate_series(1, 2100) n`,
  );
  const { gate } = await api.openGate('analytics');
  closed.add(gateName({ gate_id: gate }));
  await api.openGate('ingest');
  const names = new Set<string>();
  for await (const some of api.permits.everyOpen('analytics')) {
    for (const { seen } of some) names.add(gateName(seen));
  }
  expect([names.size, names.has(gateName({ gate_id: gate }))]).toEqual([2_100, false]);
  expect(asked).toEqual([1_000, 1_000, 101]);
});
