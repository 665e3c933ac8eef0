import type { Policy } from '@integument/authz';

/** Who runs the platform and who protects people say where clients are told. Neither sees of whom. */
export const webhooksPolicy: Policy = (can, caller) => {
  if (caller.kind !== 'staff' || !caller.roles.some((role) => MAY.has(role))) return;
  can('read', 'Webhook');
  can('change', 'Webhook');
  can('remove', 'Webhook');
  can('replay', 'Webhook');
};

const MAY: ReadonlySet<string> = new Set(['admin', 'privacy-officer']);
