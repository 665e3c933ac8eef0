import type { Policy } from '@integument/authz';

/**
 * The API names gates and is told no more than whether there is a letter. What mail servers say of letters afterwards, a program of
 * the operator passes on as an identity client: a Message-ID, which has 128 random bits, is what it needs to know.
 */
export const lettersPolicy: Policy = (can, caller) => {
  if (caller.kind === 'process' && caller.name === 'api') can('request', 'Letter');
  if (caller.kind === 'client' && caller.use === 'identity') can('report', 'Bounce');
};
