import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TransitServer } from './features/keyring/transit-server.fixture.js';
import { TestTokens } from './features/tokens/tokens.fixture.js';
import { TestVault } from './vault.fixture.js';

const MINUTE = 60_000;

let server: TransitServer;
let vault: TestVault;
let tokens: TestTokens;
/** How far the clock of the KEKs is ahead. */
let later = 0;
beforeEach(async () => {
  later = 0;
  server = await TransitServer.start();
  // So many that none are wrapped, and seen to open, in the background.
  const stage = { server, mode: 'on' as const, pool: 200, now: () => performance.now() + later };
  vault = await TestVault.open(undefined, stage);
  tokens = new TestTokens(vault);
});
afterEach(async () => {
  await vault.close();
  await server.close();
});

const knownOf = (person: string) => ({ person, field: 'email', known: true });
/** People whose keys nobody has opened of late. */
async function coldPeople(count: number): Promise<string[]> {
  const people: string[] = [];
  for (let n = 0; n < count; n++) people.push(await vault.enrol({ fields: { email: `p${n}@example.org` } }));
  later += MINUTE + 1;
  return people;
}

describe('in strict mode what is known of many', () => {
  it('takes their keys from HashiCorp Vault in one request, each once', async () => {
    const people = await coldPeople(20);
    const before = server.items.length;
    const { made, results } = await tokens.makeBatch([...people, ...people].map(knownOf));
    expect(made).toBe(40);
    expect(server.items.slice(before)).toEqual([20]);
    const told = await tokens.revealBatch(results.map((one) => ('token' in one ? one.token : '')));
    expect(told).toMatchObject([...people, ...people].map((_, n) => ({ value: `p${n % 20}@example.org` })));
  });

  it('has tokens but for whoever’s key is not opened there', async () => {
    const [one = '', refused = '', other = ''] = await coldPeople(3);
    await vault.query(
      'UPDATE person SET wrapped_key = set_byte(wrapped_key, 40, get_byte(wrapped_key, 40) # 1) WHERE person_id = $1',
      [await vault.personIdOf(refused)],
    );
    const { results } = await tokens.makeBatch([one, refused, other].map(knownOf));
    expect(results.map((made) => ('code' in made ? made.code : 'made'))).toEqual([
      'made',
      'people.broken',
      'made',
    ]);
  });

  it('is 503 while HashiCorp Vault is away, and nothing is written', async () => {
    const people = await coldPeople(3);
    const entries = (await vault.entries()).length;
    server.failure = 'reset';
    await expect(tokens.makeBatch(people.map(knownOf))).rejects.toMatchObject({
      code: 'keyring.unavailable',
      status: 503,
    });
    expect([await tokens.stored(), (await vault.entries()).length]).toEqual([0, entries]);
    server.failure = undefined;
    later += 1_001;
    expect(await tokens.makeBatch(people.map(knownOf))).toMatchObject({ made: 3 });
  });
});
