import type { Policy } from '@integument/authz';
import type { IdentityClient } from '../../platform/callers.js';

/**
 * Identity clients whose word is taken for it record who answers for whom, of those they have names for; any looks up and ends what it
 * recorded. Who answers, and for whom somebody does, act on what is theirs.
 */
export const guardianshipsPolicy: Policy = (can, caller) => {
  if (caller.kind === 'client' && caller.use === 'identity') {
    const { vouchesFor = [] } = caller as Partial<IdentityClient>;
    if (vouchesFor.includes('guardianships')) can('make', 'Guardianship');
    for (const action of ['read', 'end']) can(action, 'Guardianship');
  }
  if (caller.kind === 'staff' && caller.roles.includes('privacy-officer')) can('revoke', 'Guardianship');
  if (caller.kind === 'person') {
    for (const action of ['read', 'use']) can(action, 'OwnGuardianship');
    for (const action of ['read', 'end']) can(action, 'OwnGuardian');
  }
};
