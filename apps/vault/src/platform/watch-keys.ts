import { every, type Find, type Round } from '@integument/http';
import { KeyringPulse } from '../features/keyring/index.js';
import { DomainKeys, KEYS_READ_EVERY_MS } from '../features/keys/index.js';
import { KeySchedule } from '../features/rotation/index.js';

/** Whether the keyring still answers, and which versions of keys there are: who hears of neither uses no key any more. */
export function watchKeys(find: Find): Round[] {
  const pulse = find(KeyringPulse);
  const keys = find(DomainKeys);
  return [
    every(pulse.everyMs, 'keyring', () => pulse.beat()),
    every(KEYS_READ_EVERY_MS, 'key versions', () => keys.refresh()),
  ];
}

/** Rotations go on, and begin, and what they have replaced is destroyed, each in its time. */
export function rotateKeys(find: Find): Round {
  const schedule = find(KeySchedule);
  return every(ROTATE_EVERY_MS, 'key rotation', (stop) => schedule.run(stop));
}

const ROTATE_EVERY_MS = 5_000;
