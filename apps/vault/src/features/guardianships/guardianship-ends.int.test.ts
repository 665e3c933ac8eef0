import type { GuardianshipId } from '@integument/contracts';
import { decodeId } from '@integument/crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { API, SHOP, TestVault } from '../../vault.fixture.js';
import { Family, newGate } from './family.fixture.js';

const DAY = 86_400_000;

let vault: TestVault;
beforeAll(async () => {
  vault = await TestVault.open();
});
afterEach(() => {
  vault.ahead = 0;
});
afterAll(() => vault.close());

const run: TestVault['unitOfWork']['run'] = (work) => vault.unitOfWork.run(work);
const pendingEndings = async () =>
  (await run((tx) => vault.consentEndings.pending(tx, API))).endings.map(({ gate }) => gate);
const endingSessions = async () =>
  (await vault.query<{ session: Buffer }>('SELECT session FROM session_ending')).map(
    ({ session }) => session,
  );

async function erase(personId: Buffer): Promise<void> {
  const { erasure } = await run((tx) => vault.erasures.request(tx, SHOP, personId));
  await run((tx) => vault.erasures.gatesClosed(tx, API, erasure));
}

describe('what comes of a guardianship', () => {
  async function agreed() {
    const family = await Family.of(vault);
    const { guardianship } = await family.record();
    const late = await family.code(guardianship);
    const { session } = await family.session(guardianship);
    const gate = newGate();
    await family.open(session, 'ingest', gate);
    return { family, guardianship, late, session, gate };
  }

  const WAYS: Record<string, (family: Family, guardianship: GuardianshipId) => Promise<unknown>> = {
    'its client': (family, guardianship) => family.end(guardianship),
    'the day on which the child is old enough': async () => {
      expect(await vault.guardianships.endDue(vault.unitOfWork)).toBe(0);
      vault.ahead = DAY;
      expect(await vault.guardianships.endDue(vault.unitOfWork)).toBeGreaterThan(0);
      vault.ahead = 0;
    },
    'the erasure of who answers': (family) => erase(family.asker.caller.personId),
  };

  it.each(Object.keys(WAYS))('ends by %s: session, code, and what was agreed to', async (way) => {
    const { family, guardianship, late, session, gate } = await agreed();
    expect(await pendingEndings()).not.toContain(gate);
    await WAYS[way]?.(family, guardianship);
    await expect(run((tx) => vault.signIn.redeem(tx, API, late))).rejects.toThrow('sign_in.code_invalid');
    await expect(family.open(session)).rejects.toThrow('permits.session_unknown');
    expect(await endingSessions()).toContainEqual(decodeId('ssn', session));
    for (let n = 0; n < 2; n++) expect(await pendingEndings()).toContain(gate);
    await run((tx) => vault.permits.freeze(tx, API, { gate, epoch: 2 }));
    expect(await pendingEndings()).not.toContain(gate);
  });

  it('lets nobody in from that day on, also before anybody has ended it', async () => {
    const { family, late, session } = await agreed();
    vault.ahead = DAY;
    await expect(run((tx) => vault.signIn.redeem(tx, API, late))).rejects.toThrow('sign_in.code_invalid');
    await expect(family.open(session)).rejects.toThrow('permits.not_guarded');
    expect(await run((tx) => vault.permits.ofSession(tx, API, session))).toEqual({
      permits: [],
      declined: [],
      optOuts: [],
    });
    expect(await run((tx) => vault.guardianships.listOwn(tx, family.asker))).toEqual({ guardianships: [] });
  });

  it('stays where the grown child has agreed anew meanwhile', async () => {
    const { family, guardianship, gate } = await agreed();
    await family.end(guardianship);
    vault.ahead = DAY;
    const session = await vault.sessionOf(family.childId);
    await run((tx) => vault.permitOpenings.resume(tx, API, { session, gate, epoch: 3 }));
    expect(await pendingEndings()).not.toContain(gate);
  });

  it('is not agreed to any more once the child has moved to where it is old enough', async () => {
    const { family, session } = await agreed();
    await vault.query(`UPDATE person SET region = 'GB' WHERE person_id = $1`, [family.childId]);
    await expect(family.open(session)).rejects.toThrow('permits.not_guarded');
  });

  it('is all ended where somebody agrees at that very moment', async () => {
    for (let round = 0; round < 10; round++) {
      const { family, guardianship } = await agreedWithout();
      const { session } = await family.session(guardianship);
      const gate = newGate();
      const [opened] = await Promise.allSettled([
        family.open(session, 'ingest', gate),
        family.end(guardianship),
      ]);
      expect((await pendingEndings()).includes(gate)).toBe(opened.status === 'fulfilled');
      if (opened.status === 'fulfilled') await run((tx) => vault.permits.freeze(tx, API, { gate, epoch: 2 }));
    }
  });

  async function agreedWithout() {
    const family = await Family.of(vault);
    return { family, guardianship: (await family.record()).guardianship };
  }
});
