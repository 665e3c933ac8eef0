import { AuditReader } from '@integument/audit-log';
import type { ClientFields, Policy } from '@integument/authz';
import { UnitOfWork } from '@integument/database';
import type { INestApplicationContext } from '@nestjs/common';
import { AuditedRefusals } from './audited-refusals.js';
import type { HttpWiring } from './create-http-app.js';

/**
 * What both apps grant: to get in, to go on with one's own session, and the log to auditors.
 * @param use of this app's own clients; a client of the other app has no business here, not even to see that it gets in
 */
export function commonPolicy(use: ClientFields['use']): Policy {
  return (can, caller) => {
    if (caller.kind === 'client' && caller.use === use) can('ping', 'Service');
    if (caller.kind === 'person' || caller.kind === 'staff') can('continue', 'Session');
    if (caller.kind === 'staff' && caller.roles.includes('auditor')) can('read', 'AuditLog');
  };
}

/** Refusals into the audit log, and readiness of the database and of that log. */
export function commonWiring(app: INestApplicationContext): Pick<HttpWiring, 'refusals' | 'checks'> {
  const unitOfWork = app.get(UnitOfWork, { strict: false });
  const audit = app.get(AuditReader, { strict: false });
  return {
    refusals: app.get(AuditedRefusals, { strict: false }),
    checks: {
      database: () => unitOfWork.single((tx) => tx.query('SELECT 1')),
      // A log without a checkpoint has never been integrated: nothing could be proved of what we did.
      auditLog: async () => {
        if (!(await audit.findCheckpoint())) throw new Error('no checkpoint yet');
      },
    },
  };
}
