import type { Policy } from '@integument/authz';
import { OPERATION_NAMES, operation, type StaffRole } from '@integument/contracts';

const all = OPERATION_NAMES.map(operation);
const deciders = new Set<string>(all.flatMap(({ approvers }) => approvers));
const reviewers = new Set<string>(all.flatMap(({ breakGlass, approvers }) => (breakGlass ? approvers : [])));
/** Who may ask for an operation that declares it, in an emergency. */
const BREAKS_GLASS: StaffRole = 'auditor';

/**
 * All staff ask, since each may for an operation on their own account. For which operation, and whether it is somebody else's
 * request, is asked of the operation's declaration and of the request itself.
 */
export const approvalsPolicy: Policy = (can, caller) => {
  if (caller.kind === 'process' && caller.name === 'api') can('redeem', 'Approval');
  if (caller.kind !== 'staff') return;
  for (const action of ['request', 'read']) can(action, 'Approval');
  if (caller.roles.some((role) => deciders.has(role))) can('decide', 'Approval');
  if (caller.roles.some((role) => reviewers.has(role))) can('review', 'Approval');
  if (caller.roles.includes(BREAKS_GLASS)) can('break-glass', 'Approval');
};
