import { describe, expect, it } from 'vitest';
import { isFresh } from './fresh-sign-in.js';

const NOW = Date.UTC(2026, 4, 6);
const ago = (ms: number) => isFresh({ authenticatedAt: new Date(NOW - ms) }, NOW);

describe('a sign-in', () => {
  it('is fresh for five minutes', () => {
    expect([ago(0), ago(300_000), ago(300_001)]).toEqual([true, true, false]);
  });

  it('of a moment that nobody can read is not', () => {
    expect(isFresh({ authenticatedAt: new Date('then') }, NOW)).toBe(false);
  });
});
