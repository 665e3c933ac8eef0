import type { Policy } from '@integument/authz';

/** An auditor opens, with an approval of a privacy officer. */
export const evidencePolicy: Policy = (can, caller) => {
  if (caller.kind === 'staff' && caller.roles.includes('auditor')) can('open', 'Commitment');
};
