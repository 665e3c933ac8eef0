import type { Policy } from '@integument/authz';

/** Identity clients record who answers for whom, of those they have names for; who answers acts on what is theirs. */
export const guardianshipsPolicy: Policy = (can, caller) => {
  if (caller.kind === 'client' && caller.use === 'identity')
    for (const action of ['make', 'read', 'end']) can(action, 'Guardianship');
  if (caller.kind === 'person') for (const action of ['read', 'use']) can(action, 'OwnGuardianship');
};
