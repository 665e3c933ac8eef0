import type { Policy } from '@integument/authz';
import { mayUsePurpose } from '../../platform/callers.js';

/** Own events and lists, or those of a permit that was handed to a client registered for recommendation. */
export const recommendationsPolicy: Policy = (can, caller) => {
  if (!mayUsePurpose(caller, 'recommendation')) return;
  can('record', 'PreferenceEvent');
  can('read', 'Recommendation');
};
