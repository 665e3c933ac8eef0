import { freezePermit, openPermit, type RouteContract, resumePermit } from '@integument/contracts';
import { proofCount, seededRandom } from '@integument/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FAULTS, type Fault } from './in-process-vault.js';
import { tolerating } from './tolerating.js';
import { TwoPlanes } from './two-planes.js';

let planes: TwoPlanes;
beforeAll(async () => {
  planes = await TwoPlanes.open();
});
afterAll(() => planes.close());

describe.each(FAULTS)('a call that is %s', (fault) => {
  it('while consent is given leaves nothing open, and consent can be given again', async () => {
    const person = await planes.signIn();
    planes.line.failNext(openPermit, fault);
    expect(await tolerating(person.give())).not.toBe('answered');
    expect(planes.line.hasFailed).toBe(true);
    expect(await person.store()).toBe(false);
    await planes.settle();
    expect(await planes.contradictions()).toEqual([]);
    expect((await person.give()).state).toBe('open');
    expect(await person.store()).toBe(true);
    expect(await planes.contradictions()).toEqual([]);
  });

  it('while consent is given is finished by simply giving it again', async () => {
    const person = await planes.signIn();
    planes.line.failNext(openPermit, fault);
    await tolerating(person.give());
    expect((await person.give()).state).toBe('open');
    await planes.settle();
    expect(await planes.contradictions()).toEqual([]);
  });

  it('while consent is renewed leaves it withdrawn, and it can be renewed again', async () => {
    const person = await planes.signIn();
    await person.give();
    await person.withdraw();
    planes.line.failNext(resumePermit, fault);
    expect(await tolerating(person.give())).not.toBe('answered');
    expect(await person.store()).toBe(false);
    await planes.settle();
    expect(await planes.contradictions()).toEqual([]);
    expect((await person.give()).state).toBe('open');
  });

  it('while consent is withdrawn does not keep it open', async () => {
    const person = await planes.signIn();
    await person.give();
    planes.line.failNext(freezePermit, fault);
    await tolerating(person.withdraw());
    expect(await person.store()).toBe(false);
    await planes.settle();
    expect(await planes.contradictions()).toEqual([]);
  });
});

describe('a person of many minds', () => {
  type Word = readonly ['give' | 'withdraw' | 'recover', session: 0 | 1, Fault | null];
  const ROUTES: Readonly<Record<string, readonly RouteContract[]>> = {
    give: [openPermit, resumePermit],
    withdraw: [freezePermit],
    recover: [freezePermit],
  };
  const words = fc.array(
    fc.tuple(
      fc.constantFrom<Word[0]>('give', 'withdraw', 'recover'),
      fc.constantFrom<0 | 1>(0, 1),
      fc.option(fc.constantFrom(...FAULTS), { freq: 2 }),
      fc.nat(1),
    ),
    { minLength: 2, maxLength: 10 },
  );

  it('is understood whatever fails on the way: the last answered word holds, and both halves agree', async () => {
    await fc.assert(
      fc.asyncProperty(words, async (sequence) => {
        const first = await planes.signIn();
        const sessions = [first, await first.again()] as const;
        let mayStore = new Set([false]);
        for (const [word, session, fault, which] of sequence) {
          const person = sessions[session];
          const route = ROUTES[word]?.[which % (ROUTES[word]?.length ?? 1)];
          if (fault && route) planes.line.failNext(route, fault);
          if (word === 'recover') await planes.settle();
          else {
            const said = await tolerating(word === 'give' ? person.give() : person.withdraw());
            if (said === 'answered') mayStore = new Set([word === 'give']);
            else if (word === 'withdraw') mayStore.add(false);
            // What was never answered is never open, unless it was before.
          }
          planes.line.heal();
          expect(mayStore, `${word} ${fault}`).toContain(await (await first.again()).store());
        }
        await planes.settle();
        expect(await planes.contradictions()).toEqual([]);
        expect((await first.give()).state).toBe('open');
      }),
      { numRuns: proofCount(40, 600) },
    );
  }, 300_000);

  it('who says all of it at the same time is left with halves that agree', async () => {
    const random = seededRandom();
    for (let round = 0; round < proofCount(15, 150); round++) {
      const first = await planes.signIn();
      const sessions = [first, await first.again(), await first.again()];
      const words = Array.from({ length: 8 }, async () => {
        const person = random.pick(sessions);
        if (random.chance(0.1)) return planes.settle();
        return tolerating(random.chance(0.5) ? person.give() : person.withdraw());
      });
      await Promise.all(words);
      await planes.settle();
      expect(await planes.contradictions(), `SEED=${random.seed}, round ${round}`).toEqual([]);
      const again = await first.again();
      expect((await again.give()).state).toBe('open');
      await again.withdraw();
      for (const session of sessions) expect(await session.store()).toBe(false);
    }
  }, 120_000);
});
