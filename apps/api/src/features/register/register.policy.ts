import type { Policy } from '@integument/authz';

/** Whoever answers to the supervisory authority, and whoever checks them. */
export const registerPolicy: Policy = (can, caller) => {
  if (caller.kind !== 'staff') return;
  if (caller.roles.includes('privacy-officer') || caller.roles.includes('auditor')) can('read', 'Register');
};
