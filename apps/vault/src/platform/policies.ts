import type { Policy } from '@integument/authz';
import { peoplePolicy } from '../features/people/people.policy.js';

const servicePolicy: Policy = (can, caller) => {
  if (caller.kind === 'client') can('ping', 'Service');
  if (caller.kind === 'person' || caller.kind === 'staff') can('continue', 'Session');
  if (caller.kind === 'staff' && caller.roles.includes('auditor')) can('read', 'AuditLog');
};

/** What the API's process may do on the internal listener: everything there is, and none of it gives identity. */
const apiProcessPolicy: Policy = (can, caller) => {
  if (caller.kind !== 'process' || caller.name !== 'api') return;
  can('use', 'Permit');
  can('redeem', 'SignIn');
  can('read', 'Client');
  can('carry-out', 'Erasure');
};

/** Who may do what in the vault: all of it. */
export const vaultPolicies: readonly Policy[] = [peoplePolicy, servicePolicy, apiProcessPolicy];
