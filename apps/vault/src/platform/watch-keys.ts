import type { Periodic } from '@integument/http';
import type { INestApplicationContext } from '@nestjs/common';
import { KeyringPulse } from '../features/keyring/index.js';
import { DomainKeys, KEYS_READ_EVERY_MS } from '../features/keys/index.js';

/** Whether the keyring still answers, and which versions of keys there are: who hears of neither uses no key any more. */
export function watchKeys(app: INestApplicationContext, periodic: Periodic): void {
  const pulse = app.get(KeyringPulse, { strict: false });
  const keys = app.get(DomainKeys, { strict: false });
  periodic.every(pulse.everyMs, 'keyring', () => pulse.beat());
  periodic.every(KEYS_READ_EVERY_MS, 'key versions', () => keys.refresh());
}
