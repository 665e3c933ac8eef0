import type { Policy } from '@integument/authz';
import { mayUsePurpose } from '../../platform/callers.js';

/** Own events and lists, or those of a permit that was handed to a client registered for recommendation. */
export const recommendationsPolicy: Policy = (can, caller) => {
  if (!mayUsePurpose(caller, 'recommendation')) return;
  // Who answers for a child sees what is recommended to it, and likes nothing in its place.
  if (!(caller.kind === 'person' && caller.guardian)) can('record', 'PreferenceEvent');
  can('read', 'Recommendation');
};
