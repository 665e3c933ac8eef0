import type { Policy } from '@integument/authz';

/** Who recorded consents before brings them, and asks how far they are; a privacy officer answers for them; the data plane opens them. */
export const consentImportsPolicy: Policy = (can, caller) => {
  if (caller.kind === 'client' && caller.use === 'identity') {
    for (const action of ['make', 'read']) can(action, 'ConsentImport');
  }
  if (caller.kind === 'staff' && caller.roles.includes('privacy-officer')) can('read', 'ConsentEvidence');
  if (caller.kind === 'process' && caller.name === 'api') can('carry-out', 'ConsentImport');
};
