import type { Periodic } from '@integument/http';
import type { INestApplicationContext } from '@nestjs/common';
import { KeyringPulse } from '../features/keyring/index.js';
import { DomainKeys, KEYS_READ_EVERY_MS } from '../features/keys/index.js';
import { KeySchedule } from '../features/rotation/index.js';

/** Whether the keyring still answers, and which versions of keys there are: who hears of neither uses no key any more. */
export function watchKeys(app: INestApplicationContext, periodic: Periodic): void {
  const pulse = app.get(KeyringPulse, { strict: false });
  const keys = app.get(DomainKeys, { strict: false });
  periodic.every(pulse.everyMs, 'keyring', () => pulse.beat());
  periodic.every(KEYS_READ_EVERY_MS, 'key versions', () => keys.refresh());
}

/** Rotations go on, and begin, and what they have replaced is destroyed, each in its time. */
export function rotateKeys(app: INestApplicationContext, periodic: Periodic): void {
  const schedule = app.get(KeySchedule, { strict: false });
  periodic.every(ROTATE_EVERY_MS, 'key rotation', (stop) => schedule.run(stop));
}

const ROTATE_EVERY_MS = 5_000;
