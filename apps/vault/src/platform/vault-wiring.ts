import { auditWiring } from '@integument/audit-http';
import type { INestApplicationContext } from '@nestjs/common';
import { KeyringPulse } from '../features/keyring/index.js';

/** What both listeners have from the audit log, and whether the keys may still be used. */
export function vaultWiring(app: INestApplicationContext): ReturnType<typeof auditWiring> {
  const { checks, ...wiring } = auditWiring(app);
  return { ...wiring, checks: { ...checks, keyring: app.get(KeyringPulse, { strict: false }).healthCheck } };
}
