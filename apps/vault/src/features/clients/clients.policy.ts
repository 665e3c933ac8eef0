import type { Policy } from '@integument/authz';

/**
 * An admin gives clients power, with somebody else's approval; who protects people can take it away on the spot, as an admin can. Whoever
 * agrees to it or watches it sees which there are.
 */
export const clientsPolicy: Policy = (can, caller) => {
  if (caller.kind !== 'staff') return;
  const is = (...roles: string[]) => caller.roles.some((role) => roles.includes(role));
  if (is('admin', 'privacy-officer', 'auditor')) can('read', 'Client');
  if (is('admin', 'privacy-officer')) can('suspend', 'Client');
  if (is('admin')) can('change', 'Client');
};
