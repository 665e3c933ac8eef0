import type { Policy } from '@integument/authz';
import type { IdentityClient } from '../../platform/callers.js';

/** Who recorded consents before, and whose word is taken for it, brings them, and asks how far they are; a privacy officer answers for them; the data plane opens them. */
export const consentImportsPolicy: Policy = (can, caller) => {
  if (caller.kind === 'client' && caller.use === 'identity') {
    const { vouchesFor = [] } = caller as Partial<IdentityClient>;
    if (vouchesFor.includes('consents')) can('make', 'ConsentImport');
    can('read', 'ConsentImport');
  }
  if (caller.kind === 'staff' && caller.roles.includes('privacy-officer')) can('read', 'ConsentEvidence');
  if (caller.kind === 'process' && caller.name === 'api') can('carry-out', 'ConsentImport');
};
