import type { Policy } from '@integument/authz';

/** An admin changes who is staff, with somebody else's approval; whoever agrees to it or watches it sees who is. */
export const staffPolicy: Policy = (can, caller) => {
  if (caller.kind !== 'staff') return;
  const sees = ['admin', 'privacy-officer', 'auditor'];
  if (caller.roles.some((role) => sees.includes(role))) can('read', 'Staff');
  if (caller.roles.includes('admin')) can('change', 'Staff');
};
