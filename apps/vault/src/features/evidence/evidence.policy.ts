import type { Policy } from '@integument/authz';

/** An auditor asks and opens; a privacy officer agrees. That the two are two people is asked of the request itself. */
export const evidencePolicy: Policy = (can, caller) => {
  if (caller.kind !== 'staff') return;
  if (caller.roles.includes('auditor')) {
    for (const action of ['request', 'read', 'open']) can(action, 'Opening');
  }
  if (caller.roles.includes('privacy-officer')) {
    for (const action of ['read', 'approve']) can(action, 'Opening');
  }
};
