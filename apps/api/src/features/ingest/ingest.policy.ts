import type { Policy } from '@integument/authz';
import { mayUsePurpose } from '../../platform/callers.js';

/** Own readings, or those of a permit that was handed to a client registered for ingest; the gate decides each time. */
export const ingestPolicy: Policy = (can, caller) => {
  if (!mayUsePurpose(caller, 'ingest')) return;
  // Who answers for a child sees what there is of it, and measures nothing.
  if (!(caller.kind === 'person' && caller.guardian)) can('store', 'Reading');
  can('read', 'Reading');
};
