import { describe, expect, it } from 'vitest';
import { type Trial, tryAll } from './transcript.js';

async function told(...works: ((trial: Trial) => void)[]): Promise<{ kept: number; lines: string[] }> {
  const lines: string[] = [];
  const promises = works.map((work, at) => ({
    title: `promise ${at}`,
    keep: (_: null, trial: Trial) => Promise.resolve(trial).then(work),
  }));
  const kept = await tryAll(promises, null, (line) => lines.push(line.replace(/ \([\d.]+ s\)/, '')));
  return { kept, lines };
}

describe('a promise', () => {
  it('holds if everything that was checked is so', async () => {
    const { kept, lines } = await told((trial) => trial.check('two is even', false));
    expect(kept).toBe(1);
    expect(lines).toEqual(['✓ 1. promise 0', '     · two is even']);
  });

  it('does not hold for one thing that is not so, and says why', async () => {
    const { kept, lines } = await told((trial) => {
      trial.check('two is odd', 'it is even');
      trial.check('two is even', null);
    });
    expect(kept).toBe(0);
    expect(lines).toEqual(['✗ 1. promise 0', '     ✗ two is odd: it is even', '     · two is even']);
  });

  it('does not hold if nothing was checked', async () => {
    expect((await told(() => undefined)).kept).toBe(0);
  });

  it('does not hold if it could not be tried to its end; the next one is tried all the same', async () => {
    const { kept, lines } = await told(
      (trial) => {
        trial.check('two is even', false);
        throw new Error('no platform');
      },
      (trial) => trial.check('three is odd', false),
    );
    expect(kept).toBe(1);
    expect(lines).toContain('     ✗ ended early: no platform');
    expect(lines).toContain('✓ 2. promise 1');
  });
});
