import type { Policy } from '@integument/authz';

/** An admin begins rotations; who watches over admins reads what there is. Nobody destroys a version before its time. */
export const rotationPolicy: Policy = (can, caller) => {
  if (caller.kind !== 'staff') return;
  const has = (...roles: string[]) => caller.roles.some((role) => roles.includes(role));
  if (has('admin', 'privacy-officer', 'auditor')) can('read', 'Key');
  if (has('admin')) can('rotate', 'Key');
};
