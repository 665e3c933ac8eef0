import type { Abilities, StaffCaller } from '@integument/authz';
import { OPERATION_NAMES, type OperationName, operation } from '@integument/contracts';
import type { Parameters } from './approvals.store.js';

/** Whether the caller may ask for this, and so also carry it out. */
export function mayAsk(
  abilities: Abilities,
  caller: StaffCaller,
  name: OperationName,
  parameters: Parameters,
): boolean {
  const { ability, account, ownAbility } = operation(name);
  const isOwn = account !== undefined && parameters[account] === caller.id;
  const needed = isOwn ? ownAbility : ability;
  return needed !== undefined && abilities.may(caller, needed.action, needed.resource);
}

/** The operations about which the caller may decide, where somebody else has asked. */
export function decidableBy({ roles }: StaffCaller): OperationName[] {
  return OPERATION_NAMES.filter((name) => operation(name).approvers.some((role) => roles.includes(role)));
}

/** The member of staff whom an operation with these parameters is about. */
export function accountIn(name: OperationName, parameters: Parameters): Buffer | null {
  const { account } = operation(name);
  const named = account === undefined ? undefined : parameters[account];
  return typeof named === 'string' ? Buffer.from(named, 'hex') : null;
}

/** Parameters in the one writing that their schema gives: whoever names them otherwise means the same. */
export function parametersIn(name: OperationName, parameters: Parameters): Parameters {
  return operation(name).parameters.parse(parameters) as Parameters;
}
