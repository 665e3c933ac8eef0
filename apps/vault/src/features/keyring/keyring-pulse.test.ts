import { describe, expect, it } from 'vitest';
import { KeyringPulse } from './keyring-pulse.js';

describe('the pulse of a keyring', () => {
  it('is as old as the question, not as the answer', async () => {
    let now = 0;
    const slow = {
      check: () => {
        now += 50;
        return Promise.resolve();
      },
    };
    const pulse = new KeyringPulse(slow, { graceMs: 60, now: () => now });
    now = 10;
    await pulse.beat();
    now = 70;
    expect(() => pulse.demand()).not.toThrow();
    now = 71;
    expect(() => pulse.demand()).toThrow('keyring.unavailable');
  });

  it('is asked for several times within the grace, and every five seconds at least', () => {
    const every = (graceMs: number) =>
      new KeyringPulse({ check: () => Promise.resolve() }, { graceMs }).everyMs;
    expect([every(10_000), every(300_000), every(Infinity)]).toEqual([2_500, 5_000, 5_000]);
  });

  it('refuses where nobody said how long the grace is', () => {
    const pulse = new KeyringPulse({ check: () => Promise.resolve() }, { graceMs: NaN });
    expect(() => pulse.demand()).toThrow('keyring.unavailable');
  });
});
