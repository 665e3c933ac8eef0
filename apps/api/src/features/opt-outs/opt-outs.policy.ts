import type { Policy } from '@integument/authz';

/** A person's own; what is overdue concerns whoever answers for it, and says nothing of anybody. */
export const optOutsPolicy: Policy = (can, caller) => {
  // Of all purposes at once, which is more than a guardianship is for.
  if (caller.kind === 'person' && !caller.guardian)
    for (const action of ['read', 'make']) can(action, 'OptOut');
  if (caller.kind !== 'staff') return;
  if (caller.roles.includes('privacy-officer') || caller.roles.includes('auditor'))
    can('read', 'OverdueOptOut');
};
