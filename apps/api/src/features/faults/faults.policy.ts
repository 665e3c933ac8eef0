import type { Policy } from '@integument/authz';
import { isOpenTo, mayStoreFor } from '../../platform/callers.js';

/** Own reports, or under a permit that was handed to a client; how often which fault comes is for whoever runs the place. */
export const faultsPolicy: Policy = (can, caller) => {
  if (mayStoreFor(caller, 'fault-finding')) can('report', 'Fault');
  if (caller.kind === 'person' && isOpenTo(caller, 'fault-finding')) can('read', 'Fault');
  if (caller.kind === 'staff' && caller.roles.includes('admin')) can('read', 'FaultCount');
};
