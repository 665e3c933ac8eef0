import type { Policy } from '@integument/authz';

/** A person's own; what is overdue concerns whoever answers for it, and says nothing of anybody. */
export const optOutsPolicy: Policy = (can, caller) => {
  if (caller.kind === 'person') for (const action of ['read', 'make']) can(action, 'OptOut');
  if (caller.kind !== 'staff') return;
  if (caller.roles.includes('privacy-officer') || caller.roles.includes('auditor'))
    can('read', 'OverdueOptOut');
};
