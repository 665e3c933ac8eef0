import type { Type } from '@nestjs/common';
import { AuditController } from './audit.controller.js';
import { AuditAlertsController } from './audit-alerts.controller.js';
import { AuditEntriesController } from './audit-entries.controller.js';
import { AuditFeedsController } from './audit-feeds.controller.js';
import { AuditProofsController } from './audit-proofs.controller.js';
import { AuditReportsController } from './audit-reports.controller.js';
import { AuditTlogController } from './audit-tlog.controller.js';

/** Every route of auditors, the same on both apps, each for its own log. */
export const AUDIT_CONTROLLERS: Type[] = [
  AuditController,
  AuditAlertsController,
  AuditEntriesController,
  AuditFeedsController,
  AuditProofsController,
  AuditReportsController,
  AuditTlogController,
];
