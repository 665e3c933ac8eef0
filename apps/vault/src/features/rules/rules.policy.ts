import type { Policy } from '@integument/authz';

/** An admin drafts and, with somebody else's approval, puts in force; who agrees to it or watches it reads. No rule narrows this. */
export const rulesPolicy: Policy = (can, caller) => {
  if (caller.kind === 'process' && caller.name === 'api') can('follow', 'Rule');
  if (caller.kind !== 'staff') return;
  const has = (...roles: string[]) => caller.roles.some((role) => roles.includes(role));
  if (has('admin', 'privacy-officer', 'auditor')) can('read', 'Rule');
  if (has('admin', 'privacy-officer')) can('try', 'Rule');
  if (!has('admin')) return;
  can('draft', 'Rule');
  can('enact', 'Rule');
};
