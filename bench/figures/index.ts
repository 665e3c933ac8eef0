import type { Figure } from '../figure.js';
import { auditAppend } from './audit-append.js';
import { auditIntegrate } from './audit-integrate.js';
import { auditProof, auditProofLong } from './audit-proof.js';
import { auditStagingHour } from './audit-staging-hour.js';
import { auditVerify } from './audit-verify.js';
import { authzRequest, authzSession } from './authz-request.js';
import { authzRules10k } from './authz-rules-10k.js';
import { consentCheck, consentCheckList } from './consent-check.js';
import { consentImport } from './consent-import.js';
import { consentWithdraw, consentWithdrawHot } from './consent-withdraw.js';
import { enrolBatch } from './enrol-batch.js';
import { enrolSingle } from './enrol-single.js';
import { httpNoop } from './http-noop.js';
import { importMemory, importMemory5m } from './import-memory.js';
import { permitColdHashicorp } from './permit-cold-hashicorp.js';
import { revealBatch } from './reveal-batch.js';
import { rewrap } from './rewrap.js';
import { tokenizeBatch, tokenizePeople } from './tokenize-batch.js';
import { revealSingle, tokenizeSingle } from './tokenize-single.js';
import { tokenizeAt1m, tokenizeAt10m, tokenizeHashicorp } from './tokenize-vaults.js';
import { vaultRss } from './vault-rss.js';

/** Every figure there is, in the order of measuring. */
export const FIGURES: readonly Figure[] = [
  httpNoop,
  authzRequest,
  authzSession,
  authzRules10k,
  enrolSingle,
  enrolBatch,
  consentImport,
  tokenizeBatch,
  tokenizePeople,
  revealBatch,
  tokenizeSingle,
  revealSingle,
  tokenizeAt1m,
  tokenizeAt10m,
  tokenizeHashicorp,
  rewrap,
  permitColdHashicorp,
  consentCheck,
  consentCheckList,
  consentWithdraw,
  consentWithdrawHot,
  vaultRss,
  importMemory,
  importMemory5m,
  auditAppend,
  auditIntegrate,
  auditProof,
  auditProofLong,
  auditVerify,
  auditStagingHour,
];
