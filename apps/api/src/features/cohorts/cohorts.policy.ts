import type { Policy } from '@integument/authz';
import { mayStoreFor, mayUsePurpose } from '../../platform/callers.js';

/** Own facts, or those of a permit that was handed to a client registered for it. Counts are for who answers for the platform. */
export const cohortsPolicy: Policy = (can, caller) => {
  if (mayStoreFor(caller, 'analytics')) can('store', 'CohortFact');
  if (mayUsePurpose(caller, 'analytics')) can('read', 'CohortFact');
  if (caller.kind !== 'staff') return;
  if (caller.roles.includes('privacy-officer') || caller.roles.includes('admin')) can('count', 'Cohort');
};
