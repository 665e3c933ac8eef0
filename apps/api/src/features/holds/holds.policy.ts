import type { Policy } from '@integument/authz';

/** Who answers for the platform says that something is kept from erasure. The pseudonym they have from its person, or from a case. */
export const holdsPolicy: Policy = (can, caller) => {
  if (caller.kind !== 'staff') return;
  if (!caller.roles.includes('privacy-officer') && !caller.roles.includes('admin')) return;
  for (const action of ['record', 'read', 'lift']) can(action, 'Hold');
};
