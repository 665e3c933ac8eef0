import type { Policy } from '@integument/authz';

/** Consent is the person's alone: nobody gives or takes it back for them. */
export const consentPolicy: Policy = (can, caller) => {
  if (caller.kind !== 'person') return;
  for (const action of ['read', 'give', 'withdraw', 'refuse', 'acknowledge', 'object'])
    can(action, 'Consent');
};
