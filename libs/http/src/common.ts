import type { ClientFields, Policy } from '@integument/authz';

// Who is watched by the rules must not be alone in changing them: auditors read them, and see every change in the log.
const RULE_MAKERS = ['admin', 'privacy-officer'];
const OVERSEERS = [...RULE_MAKERS, 'auditor'];

/**
 * What both apps grant: to get in, to see what one may do, to go on with one's own session, and the log to auditors.
 * @param use of this app's own clients; a client of the other app has no business here, not even to see that it gets in
 */
export function commonPolicy(use: ClientFields['use']): Policy {
  return (can, caller) => {
    const isOurClient = caller.kind === 'client' && caller.use === use;
    const isInSession = caller.kind === 'person' || caller.kind === 'staff';
    if (isOurClient) can('ping', 'Service');
    if (isInSession) can('continue', 'Session');
    if (isOurClient || isInSession) can('read', 'Ability');
    if (caller.kind === 'staff' && caller.roles.includes('auditor')) can('read', 'AuditLog');
    if (caller.kind === 'staff' && caller.roles.some((role) => OVERSEERS.includes(role))) {
      can('read', 'Alert');
      can('read', 'AlertRule');
    }
    if (caller.kind === 'staff' && caller.roles.some((role) => RULE_MAKERS.includes(role))) {
      can('change', 'AlertRule');
    }
  };
}
