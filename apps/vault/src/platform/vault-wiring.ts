import { auditWiring } from '@integument/audit-http';
import type { INestApplicationContext } from '@nestjs/common';
import { KeyringPulse } from '../features/keyring/index.js';
import { DomainKeys } from '../features/keys/index.js';

/** What both listeners have from the audit log, and whether the keys may still be used. */
export function vaultWiring(app: INestApplicationContext): ReturnType<typeof auditWiring> {
  const { checks, ...wiring } = auditWiring(app);
  const pulse = app.get(KeyringPulse, { strict: false });
  const keys = app.get(DomainKeys, { strict: false });
  const keyring = async () => {
    await pulse.healthCheck();
    await keys.healthCheck();
  };
  return { ...wiring, checks: { ...checks, keyring } };
}
