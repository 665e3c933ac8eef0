import { decodeId } from '@integument/crypto';
import type { Tx } from '@integument/database';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Domain } from './features/keys/index.js';
import { moversOf } from './features/rotation/index.js';
import { RotatedPeople } from './rotated-people.fixture.js';
import {
  beginOf,
  begunOf,
  erase,
  goOn,
  LONG_MS,
  openersOf,
  rotationsOf,
  settle,
  stateOf,
  TestClock,
  versionsOf,
} from './rotation.fixture.js';
import { SHOP, TestVault } from './vault.fixture.js';

let vault: TestVault;
let clock: TestClock;
let people: RotatedPeople;
beforeAll(async () => {
  vault = await TestVault.open();
  clock = new TestClock();
  people = new RotatedPeople(vault);
});
afterAll(() => vault.close());

const run: TestVault['unitOfWork']['run'] = (work) => vault.unitOfWork.run(work);

describe('beside a rotation', () => {
  /** Goes through a batch and lets something happen between what it reads and what it writes. */
  async function between(domain: Domain, part: number, happens: () => Promise<unknown>): Promise<void> {
    await beginOf(vault, clock, domain);
    const rotations = rotationsOf(vault, clock);
    for (let round = 0; (await stateOf(vault, domain))?.state === 'arriving' && round < 5; round++) {
      await rotations.tick();
      clock.pass(LONG_MS);
    }
    const { keys } = vault;
    const mover = moversOf(domain, openersOf(vault))[part];
    await run(async (tx) => {
      let asked = 0;
      const waiting: Tx = {
        query: async (...args) => {
          if (++asked === 2) await happens();
          return tx.query(...args);
        },
        send: (...args) => tx.send(...args),
      };
      await mover?.move(waiting, keys.now(domain).id, null, 10_000);
    });
    await goOn(rotations, clock, 4);
    expect(await stateOf(vault, domain)).toMatchObject({ state: 'done', waiting: 0 });
    await keys.refresh();
  }

  it('a value that is replaced after it was read keeps its own digest', async () => {
    const one = await people.somebody();
    const reach = { regions: null, moves: null, shown: null };
    const email = `new-${one.email}`;
    await between('index', 0, () =>
      run((tx) => vault.people.update(tx, SHOP, one.name, { fields: { email } }, reach)),
    );
    expect([await people.found(email), await people.found(one.email)]).toEqual([1, 0]);
  });

  it('a permit that is destroyed after it was read stays destroyed', async () => {
    const { name } = await people.somebody();
    const gate = await people.permitOf(name);
    await between('permit', 0, () => erase(vault, name));
    const sql = 'SELECT state, domain_key, wrapped_key FROM permit WHERE gate_id = $1';
    const [row] = await vault.query(sql, [decodeId('gat', gate)]);
    expect(row).toEqual({ state: 'destroyed', domain_key: null, wrapped_key: null });
  });

  it('a person whom somebody else holds is not waited for, and moved the next time', async () => {
    const { name, email } = await people.somebody();
    const personId = await vault.personIdOf(name);
    await run(async (holding) => {
      await holding.query('SELECT FROM person WHERE person_id = $1 FOR SHARE', [personId]);
      await beginOf(vault, clock, 'person');
      const rotations = rotationsOf(vault, clock);
      await goOn(rotations, clock, 4);
      expect(await stateOf(vault, 'person')).toMatchObject({ state: 'waiting', waiting: 1 });
    });
    await settle(vault, clock);
    expect(await stateOf(vault, 'person')).toMatchObject({ state: 'done', waiting: 0 });
    expect(await people.emailOf(name)).toBe(email);
  });

  it.each(['person', 'index'] as Domain[])(
    'of %s people who are changed, erased or enrolled lose nothing, and nothing of the erased comes back',
    async (domain) => {
      const living = await Promise.all(Array.from({ length: 30 }, () => people.somebody()));
      const writers = await vault.another();
      const rotation = await begunOf(vault, clock, domain);
      const rotations = [rotationsOf(vault, clock, { batch: 3 }), rotationsOf(writers, clock, { batch: 3 })];
      let done = false;
      const rotating = async (at: number) => {
        while (!done) {
          await (at ? writers : vault).keys.refresh();
          const moved = await rotations[at]?.step(rotation);
          if (!moved) clock.pass(5_000);
          if ((await stateOf(vault, domain))?.state === 'done') done = true;
        }
      };
      const erased: string[] = [];
      const writing = async () => {
        for (let at = 0; at < 60; at++) {
          const on = at % 2 ? vault : writers;
          const one = living[at % living.length];
          if (at % 3 === 0) living.push(await people.somebody(undefined, on));
          else if (one && at % 3 === 1) {
            const email = `moved${at}-${one.email}`;
            const reach = { regions: null, moves: null, shown: null } as never;
            await on.unitOfWork.run((tx) =>
              on.people.update(tx, SHOP, one.name, { fields: { email } }, reach),
            );
            one.email = email;
          } else if (one) {
            living.splice(living.indexOf(one), 1);
            await erase(on, one.name);
            erased.push(one.email);
          }
        }
      };
      await Promise.all([rotating(0), rotating(1), writing()]);
      clock.pass(LONG_MS);
      await vault.keys.refresh();
      for (const { name, email } of living) {
        expect(await people.emailOf(name)).toBe(email);
        expect(await people.found(email)).toBe(1);
      }
      for (const email of erased) expect(await people.found(email)).toBe(0);
      const [old] = (await versionsOf(vault, domain)).filter(({ state }) => state === 'retiring').slice(-1);
      expect(old?.empty).toBe(true);
      await people.allOpen();
      await writers.leave();
    },
    120_000,
  );
});
