import type { Policy } from '@integument/authz';
import { isRegisteredFor } from '../../platform/callers.js';

/** Everybody who is somebody may look. What is recommended comes from a client registered for that, or an admin. */
export const productsPolicy: Policy = (can, caller) => {
  const isHealthClient = caller.kind === 'client' && caller.use === 'health';
  if (isHealthClient || caller.kind === 'person' || caller.kind === 'staff') can('read', 'Product');
  const isAdmin = caller.kind === 'staff' && caller.roles.includes('admin');
  if (isAdmin || isRegisteredFor(caller, 'recommendation')) can('import', 'Product');
};
