import type { Policy } from '@integument/authz';
import { mayStoreFor, mayUsePurpose } from '../../platform/callers.js';

/** Own events and lists, or those of a permit that was handed to a client registered for recommendation. */
export const recommendationsPolicy: Policy = (can, caller) => {
  if (mayStoreFor(caller, 'recommendation')) can('record', 'PreferenceEvent');
  if (mayUsePurpose(caller, 'recommendation')) can('read', 'Recommendation');
};
