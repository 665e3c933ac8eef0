import { expect, it } from 'vitest';
import { KEYS_LEASE_MS } from './features/keys/index.js';
import { WRITTEN_MS } from './features/rotation/rotations.js';
import { keyLives } from './rotation-settings.js';

/** Sealings a second: some times what a core gives that does nothing else. */
const FASTEST = 1_000_000;
/** Rotations go on every five seconds: to begin the wait, and to end it. */
const ROUNDS_MS = 15_000;

it('the next version of a key takes over before half of what random IVs allow is used', () => {
  const { mostUses } = keyLives({ KEY_ROTATION_DAYS: 30, KEY_DESTROY_AFTER_DAYS: 30 });
  const meanwhile = (FASTEST * (KEYS_LEASE_MS + WRITTEN_MS + ROUNDS_MS)) / 1_000;
  expect(mostUses).toBe(2 ** 31 - 2 ** 27);
  expect(mostUses + meanwhile).toBeLessThan(2 ** 31);
});
