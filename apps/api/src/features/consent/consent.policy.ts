import type { Policy } from '@integument/authz';

/** In a person's session alone: their own, or that of a child in which somebody acts who answers for it, for the purposes of that. */
export const consentPolicy: Policy = (can, caller) => {
  if (caller.kind !== 'person') return;
  for (const action of ['read', 'give', 'withdraw', 'refuse', 'acknowledge', 'object'])
    can(action, 'Consent');
};
