import type { Policy } from '@integument/authz';

/** Whatever their role, staff have second factors, each their own. */
export const factorsPolicy: Policy = (can, caller) => {
  if (caller.kind !== 'staff') return;
  for (const action of ['enrol', 'use', 'remove']) can(action, 'Factor');
};
