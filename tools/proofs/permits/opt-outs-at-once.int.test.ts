import { sessionPermits } from '@integument/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type OptingOut, OptOutStage } from './opt-out-stage.js';

/** How often the vault is asked what there is until a no of what never began is sent to it. */
const LOOKS = 3;

let stage: OptOutStage;
let person: OptingOut;
let elsewhere: OptingOut;
beforeAll(async () => {
  stage = await OptOutStage.open('fault-finding');
});
afterAll(() => stage.close());
beforeEach(async () => {
  await stage.api.query('TRUNCATE opt_out_clock');
  person = await stage.signedIn();
  elsewhere = await stage.signedIn(person.personId);
});

const signal = async (session: OptingOut) => stage.optOuts.optOuts.heed(await session.asker());

/** Their browser says no, and something else happens when it has looked and found nothing. */
async function signalDuring(meanwhile: () => Promise<unknown>): Promise<void> {
  let look = stage.line.delayNext(sessionPermits);
  const said = signal(person);
  for (let looks = 1; looks < LOOKS; looks++) {
    await look.underWay;
    const next = stage.line.delayNext(sessionPermits);
    look.release();
    look = next;
  }
  await look.underWay;
  await meanwhile();
  look.release();
  await said;
}

describe('a browser says no at a sign-in', () => {
  it('while another one does: one no is kept, with one gate, one event and one clock', async () => {
    await signalDuring(() => signal(elsewhere));
    expect(await person.expressed('fault-finding')).toEqual(['objected signal']);
    expect(await person.permits('fault-finding')).toMatchObject([{ state: 'declined' }]);
    expect(await stage.clocks()).toHaveLength(1);
  });

  it('while it begins in another session: it ends', async () => {
    await signalDuring(() => elsewhere.acknowledge('fault-finding'));
    expect(await person.expressed('fault-finding')).toEqual(['informed web', 'objected signal']);
    expect(await person.permits('fault-finding')).toMatchObject([{ state: 'frozen' }]);
    expect(await stage.clocks()).toHaveLength(1);
  });
});
