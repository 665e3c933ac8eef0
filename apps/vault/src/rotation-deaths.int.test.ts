import { proofCount, seededRandom } from '@integument/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Domain } from './features/keys/index.js';
import { RotatedPeople } from './rotated-people.fixture.js';
import {
  again,
  beginOf,
  dyingAt,
  type Fault,
  goOn,
  LONG_MS,
  rotationsOf,
  stateOf,
  TestClock,
} from './rotation.fixture.js';
import { TestVault } from './vault.fixture.js';

let vault: TestVault;
let clock: TestClock;
let people: RotatedPeople;
beforeAll(async () => {
  vault = await TestVault.open();
  clock = new TestClock();
  people = new RotatedPeople(vault);
  // Enough for many batches.
  for (let at = 0; at < 40; at++) await Promise.all([people.somebody(), people.putToken()]);
});
afterAll(() => vault.close());

describe('a rotation that dies', () => {
  const random = seededRandom(5);
  const HOW: Fault[] = ['before', 'after', 'killed'];

  it.each(['person', 'token', 'index'] as Domain[])(
    'at any statement of one of %s goes on in the next process, and loses nothing',
    async (domain) => {
      const rounds = proofCount(12, 80);
      let deaths = 0;
      for (let round = 0; round < rounds; round++) {
        const { name, email } = await people.somebody({ subject: `dies-${domain}-${round}` });
        await people.putToken();
        await beginOf(vault, clock, domain);
        const dying = dyingAt(vault, 1 + random.below(60), HOW[round % 3] ?? 'before');
        const first = rotationsOf(vault, clock, { batch: 5, unitOfWork: dying });
        for (let life = 0; life < 6 && !dying.died; life++) {
          await first.tick().catch(() => undefined);
          clock.pass(LONG_MS);
        }
        deaths += Number(dying.died);
        const next = rotationsOf(vault, clock, { batch: 5 });
        for (let life = 0; life < 6; life++) await again(() => goOn(next, clock, 1));
        const state = await stateOf(vault, domain);
        expect(state).toMatchObject({ state: 'done', waiting: 0 });
        expect(state?.moved).toBe(state?.total);
        expect(await people.emailOf(name)).toBe(email);
        await vault.keys.refresh();
        expect(await people.found(email)).toBe(1);
      }
      await people.allOpen();
      expect(deaths).toBeGreaterThan(rounds / 2);
    },
    300_000,
  );
});
