import type { ClientFields, Policy } from '@integument/authz';

/**
 * What both apps grant: to get in, to go on with one's own session, and the log to auditors.
 * @param use of this app's own clients; a client of the other app has no business here, not even to see that it gets in
 */
export function commonPolicy(use: ClientFields['use']): Policy {
  return (can, caller) => {
    if (caller.kind === 'client' && caller.use === use) can('ping', 'Service');
    if (caller.kind === 'person' || caller.kind === 'staff') can('continue', 'Session');
    if (caller.kind === 'staff' && caller.roles.includes('auditor')) can('read', 'AuditLog');
  };
}
