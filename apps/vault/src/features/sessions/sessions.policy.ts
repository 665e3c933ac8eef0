import type { Policy } from '@integument/authz';

/** Everybody ends their own sign-ins, and nobody else's. */
export const sessionsPolicy: Policy = (can, caller) => {
  if (caller.kind === 'person' || caller.kind === 'staff') can('end', 'SignIn');
};
