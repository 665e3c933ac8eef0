import {
  auditAlertsSchemaSql,
  auditAnchorSchemaSql,
  auditArchiveSchemaSql,
  auditFollowerSchemaSql,
  auditIndexSchemaSql,
  auditSchemaSql,
  auditTreeSchemaSql,
} from '@integument/audit-log';
import { idempotencySchemaSql, migration, outboxSchemaSql } from '@integument/database';
import { rateCountSchemaSql, spentProofsSchemaSql } from '@integument/http';
import type { MigrationInterface } from 'typeorm';
import { cohortsSchemaSql } from '../features/cohorts/cohorts.schema.js';
import {
  consentEventsSql,
  consentReceiptsSql,
  consentSchemaSql,
} from '../features/consent/consent.schema.js';
import { faultsOfPeopleSql, faultsSchemaSql } from '../features/faults/faults.schema.js';
import { holdsSchemaSql } from '../features/holds/holds.schema.js';
import { ingestSchemaSql } from '../features/ingest/ingest.schema.js';
import { optOutClockEndsSql, optOutClocksSql } from '../features/opt-outs/opt-out-clocks.schema.js';
import {
  foretoldSql,
  keptNosSql,
  permitSubjectsSql,
  permitsSchemaSql,
} from '../features/permits/permits.schema.js';
import { productsSchemaSql } from '../features/products/products.schema.js';
import { recommendationsSchemaSql } from '../features/recommendations/recommendations.schema.js';
import { registerSchemaSql } from '../features/register/register.schema.js';
import { sessionsIdleSql, sessionsSchemaSql } from '../features/sessions/sessions.schema.js';

/** The platform database, in the order it grew. Never edit one that has landed: add the next. */
export const platformMigrations: (new () => MigrationInterface)[] = [
  migration(1, 'audit-log', auditSchemaSql),
  migration(2, 'idempotent-replies', idempotencySchemaSql),
  migration(3, 'outbox', outboxSchemaSql),
  migration(4, 'sessions', sessionsSchemaSql),
  migration(5, 'permits', permitsSchemaSql),
  migration(6, 'consent', consentSchemaSql),
  migration(7, 'ingest', ingestSchemaSql),
  migration(8, 'products', productsSchemaSql),
  migration(9, 'recommendations', recommendationsSchemaSql),
  migration(10, 'audit-followers', auditFollowerSchemaSql),
  migration(11, 'audit-tree', auditTreeSchemaSql),
  migration(12, 'audit-index', auditIndexSchemaSql),
  migration(13, 'audit-anchors', auditAnchorSchemaSql),
  migration(14, 'audit-alerts', auditAlertsSchemaSql),
  migration(15, 'permit-subjects', permitSubjectsSql),
  migration(16, 'audit-archive', auditArchiveSchemaSql),
  migration(17, 'rate-counts', rateCountSchemaSql),
  migration(18, 'sessions-idle', sessionsIdleSql),
  migration(19, 'client-keys', spentProofsSchemaSql),
  migration(20, 'register', registerSchemaSql),
  migration(21, 'consent-receipts', consentReceiptsSql),
  migration(22, 'foretold-days', foretoldSql),
  migration(23, 'consent-events', consentEventsSql),
  migration(25, 'cohorts', cohortsSchemaSql),
  migration(27, 'opt-out-clocks', optOutClocksSql),
  migration(28, 'faults', faultsSchemaSql),
  migration(29, 'kept-nos', keptNosSql),
  migration(30, 'opt-out-clock-ends', optOutClockEndsSql),
  migration(31, 'faults-of-people', faultsOfPeopleSql),
  migration(34, 'holds', holdsSchemaSql),
];
