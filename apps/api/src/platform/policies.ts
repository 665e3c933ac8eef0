import type { Policy } from '@integument/authz';
import { commonPolicy } from '@integument/http';
import { cohortsPolicy } from '../features/cohorts/cohorts.policy.js';
import { consentPolicy } from '../features/consent/consent.policy.js';
import { faultsPolicy } from '../features/faults/index.js';
import { holdsPolicy } from '../features/holds/index.js';
import { ingestPolicy } from '../features/ingest/ingest.policy.js';
import { optOutsPolicy } from '../features/opt-outs/opt-outs.policy.js';
import { productsPolicy } from '../features/products/index.js';
import { recommendationsPolicy } from '../features/recommendations/recommendations.policy.js';
import { registerPolicy } from '../features/register/register.policy.js';

/** Who may do what in the data plane: all of it. */
export const apiPolicies: readonly Policy[] = [
  cohortsPolicy,
  consentPolicy,
  faultsPolicy,
  holdsPolicy,
  ingestPolicy,
  optOutsPolicy,
  productsPolicy,
  recommendationsPolicy,
  registerPolicy,
  commonPolicy('health'),
];
