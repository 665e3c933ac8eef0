import type { Policy } from '@integument/authz';

/** Everybody who is somebody may look. What is recommended comes from a client registered for that, or an admin. */
export const productsPolicy: Policy = (can, caller) => {
  if (caller.kind === 'person') can('read', 'Product');
  if (caller.kind === 'client' && caller.use === 'health') {
    can('read', 'Product');
    if (purposesOf(caller).includes('recommendation')) can('import', 'Product');
  }
  if (caller.kind === 'staff') {
    can('read', 'Product');
    if (caller.roles.includes('admin')) can('import', 'Product');
  }
};

function purposesOf(caller: object): readonly string[] {
  return (caller as { purposes?: readonly string[] }).purposes ?? [];
}
