import type { Policy } from '@integument/authz';
import { mayUsePurpose } from '../../platform/callers.js';

/** Own reports, or under a permit that was handed to a client; how often which fault comes is for whoever runs the place. */
export const faultsPolicy: Policy = (can, caller) => {
  const isGuardian = caller.kind === 'person' && caller.guardian;
  if (mayUsePurpose(caller, 'fault-finding')) {
    if (!isGuardian) can('report', 'Fault');
    if (caller.kind === 'person') can('read', 'Fault');
  }
  if (caller.kind === 'staff' && caller.roles.includes('admin')) can('read', 'FaultCount');
};
