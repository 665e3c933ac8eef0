import {
  auditAlertsSchemaSql,
  auditAnchorSchemaSql,
  auditArchiveSchemaSql,
  auditFollowerSchemaSql,
  auditIndexSchemaSql,
  auditSchemaSql,
  auditTreeSchemaSql,
} from '@integument/audit-log';
import { idempotencySchemaSql, migration } from '@integument/database';
import { rateCountSchemaSql, spentProofsSchemaSql } from '@integument/http';
import type { MigrationInterface } from 'typeorm';
import {
  approvalsByOneClockSql,
  approvalsOvertakenSql,
  approvalsSchemaSql,
} from '../features/approvals/approvals.schema.js';
import {
  consentImportsSchemaSql,
  endsByFreezingSql,
} from '../features/consent-imports/consent-imports.schema.js';
import { erasureKeysSchemaSql, erasureSchemaSql } from '../features/erasure/erasure.schema.js';
import { evidenceSchemaSql } from '../features/evidence/evidence.schema.js';
import { factorsSchemaSql } from '../features/factors/factors.schema.js';
import {
  endingsListedSql,
  guardianshipsSchemaSql,
  heedlessGuardiansSql,
} from '../features/guardianships/guardianships.schema.js';
import { keysSchemaSql, keysUncheckedSql, keyVersionsSql } from '../features/keys/keys.schema.js';
import { lettersSchemaSql } from '../features/letters/letters.schema.js';
import { modelKeysSchemaSql } from '../features/model-keys/model-keys.schema.js';
import { indexVersionsSql, peopleSchemaSql, undeliverableSql } from '../features/people/people.schema.js';
import { personIndexSchemaSql } from '../features/people/person-index.schema.js';
import { declinedPermitsSql, permitsSchemaSql } from '../features/permits/permits.schema.js';
import { optOutSessionsSql, standingOptOutsSql } from '../features/permits/standing-opt-outs.schema.js';
import {
  clientCredentialsSql,
  registryKeepsRemovedSql,
  registryProvesKeysSql,
  registrySchemaSql,
  vouchingClientsSql,
} from '../features/registry/registry.schema.js';
import { keysHeldSql, rootEmptiedSql, rotationSchemaSql } from '../features/rotation/rotation.schema.js';
import { enactedRulesKeptSql, regionsSchemaSql, rulesSchemaSql } from '../features/rules/rules.schema.js';
import { sessionsSchemaSql } from '../features/sessions/sessions.schema.js';
import { signInSchemaSql } from '../features/sign-in/sign-in.schema.js';
import { spentMarksSchemaSql } from '../features/sign-in/spent-marks.schema.js';
import { staffSchemaSql } from '../features/staff/staff.schema.js';
import {
  alertsOnTokensSql,
  storedValuesApartSql,
  tokensSchemaSql,
} from '../features/tokens/tokens.schema.js';
import {
  lostDeliveriesSql,
  unheardStopsSql,
  webhooksSchemaSql,
} from '../features/webhooks/webhooks.schema.js';

/** The vault's database, in the order it grew. Never edit one that has landed: add the next. */
export const vaultMigrations: (new () => MigrationInterface)[] = [
  migration(1, 'audit-log', auditSchemaSql),
  migration(2, 'idempotent-replies', idempotencySchemaSql),
  migration(3, 'keys', keysSchemaSql),
  migration(4, 'people', peopleSchemaSql),
  migration(5, 'registry', registrySchemaSql),
  migration(6, 'permits', permitsSchemaSql),
  migration(7, 'sign-in', signInSchemaSql),
  migration(8, 'erasure', erasureSchemaSql),
  migration(9, 'model-keys', modelKeysSchemaSql),
  migration(10, 'registry-keeps-removed', registryKeepsRemovedSql),
  migration(11, 'audit-followers', auditFollowerSchemaSql),
  migration(12, 'audit-tree', auditTreeSchemaSql),
  migration(13, 'audit-index', auditIndexSchemaSql),
  migration(14, 'audit-anchors', auditAnchorSchemaSql),
  migration(15, 'audit-alerts', auditAlertsSchemaSql),
  migration(16, 'evidence', evidenceSchemaSql),
  migration(17, 'audit-archive', auditArchiveSchemaSql),
  migration(18, 'rate-counts', rateCountSchemaSql),
  migration(19, 'factors', factorsSchemaSql),
  migration(20, 'approvals', approvalsSchemaSql + staffSchemaSql),
  migration(21, 'sessions', sessionsSchemaSql),
  migration(22, 'spent-sign-ins', spentMarksSchemaSql),
  migration(23, 'client-keys', registryProvesKeysSql + spentProofsSchemaSql),
  migration(24, 'client-credentials', clientCredentialsSql),
  migration(25, 'stored-rules', rulesSchemaSql),
  migration(26, 'regions', regionsSchemaSql),
  migration(27, 'approvals-by-one-clock', approvalsByOneClockSql),
  migration(28, 'enacted-rules-kept', enactedRulesKeptSql),
  migration(29, 'approvals-overtaken', approvalsOvertakenSql),
  migration(30, 'tokens', tokensSchemaSql),
  migration(31, 'key-versions', keyVersionsSql + indexVersionsSql),
  migration(32, 'key-rotations', rotationSchemaSql),
  migration(33, 'erasures-reach-backups', erasureKeysSchemaSql),
  migration(34, 'coarse-indexes', personIndexSchemaSql),
  migration(35, 'alerts-on-tokens', alertsOnTokensSql),
  migration(36, 'keys-unchecked', keysUncheckedSql),
  migration(37, 'tokens-of-stored-values', storedValuesApartSql),
  migration(38, 'keys-held', keysHeldSql),
  migration(39, 'root-versions-emptied', rootEmptiedSql),
  migration(40, 'letters', lettersSchemaSql),
  migration(41, 'undeliverable-emails', undeliverableSql),
  migration(42, 'webhooks', webhooksSchemaSql),
  migration(43, 'declined-permits', declinedPermitsSql),
  migration(44, 'consent-imports', consentImportsSchemaSql),
  migration(45, 'guardianships', guardianshipsSchemaSql),
  migration(47, 'opt-outs', lostDeliveriesSql + standingOptOutsSql),
  migration(49, 'vouching-clients', vouchingClientsSql),
  migration(50, 'endings-listed', endingsListedSql),
  migration(51, 'opt-outs-of-ended-sessions', optOutSessionsSql),
  migration(52, 'unheard-stops', unheardStopsSql),
  migration(53, 'heedless-guardians', heedlessGuardiansSql),
  migration(54, 'ends-by-freezing', endsByFreezingSql),
];
