import { AuditReader } from '@integument/audit-log';
import { UnitOfWork } from '@integument/database';
import type { HttpWiring } from '@integument/http';
import type { INestApplicationContext } from '@nestjs/common';
import { AuditFollowers } from './audit-followers.js';
import { AuditedRefusals } from './audited-refusals.js';

/** Refusals into the audit log, and readiness of the database and of that log. */
export function auditWiring(app: INestApplicationContext): Pick<HttpWiring, 'refusals' | 'checks'> {
  const unitOfWork = app.get(UnitOfWork, { strict: false });
  // On the app's own connections: that all of the readers' are taken is no reason to take the app out of service.
  const audit = new AuditReader(unitOfWork);
  return {
    refusals: app.get(AuditedRefusals, { strict: false }),
    checks: {
      database: () => unitOfWork.single((tx) => tx.query('SELECT 1')),
      // A log without a checkpoint has never been integrated: nothing could be proved of what we did.
      auditLog: async () => {
        if (!(await audit.findCheckpoint())) throw new Error('no checkpoint yet');
      },
      auditAnchors: app.get(AuditFollowers, { strict: false }).check,
    },
  };
}
