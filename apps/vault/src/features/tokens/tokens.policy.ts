import type { Policy } from '@integument/authz';

/** Clients make tokens and do away with their own; to read a value is to reveal a person, whoever asks. */
export const tokensPolicy: Policy = (can, caller) => {
  if (caller.kind === 'client' && caller.use === 'identity') {
    for (const action of ['make', 'describe', 'remove']) can(action, 'Token');
  }
  if (caller.kind !== 'staff') return;
  if (caller.roles.includes('privacy-officer') || caller.roles.includes('support')) can('describe', 'Token');
};
