import { afterAll, beforeAll, expect } from 'vitest';
import { TransitServer } from './features/keyring/transit-server.fixture.js';
import { TestVault } from './vault.fixture.js';

// What holds of people, permits, tokens, factors and erasures holds of them in strict mode: the same suites, once more.
let server: TransitServer;
beforeAll(async () => {
  server = await TransitServer.start();
  // A pool that runs out now and then.
  TestVault.strict = { server, mode: 'on', pool: 8 };
});
afterAll(async () => {
  // It is really what they ran in.
  expect(server.count('POST transit/decrypt/integument-data-keys')).toBeGreaterThan(100);
  await server.close();
});

await import('./features/people/people.service.int.test.js');
await import('./features/people/people-search.int.test.js');
await import('./features/permits/permits.service.int.test.js');
await import('./features/tokens/tokens.int.test.js');
await import('./features/tokens/known-values.int.test.js');
await import('./features/factors/authenticator-apps.int.test.js');
await import('./features/erasure/erasure.service.int.test.js');
await import('./features/evidence/openings.service.int.test.js');
