import type { Policy } from '@integument/authz';
import { mayStoreFor, mayUsePurpose } from '../../platform/callers.js';

/** Own readings, or those of a permit that was handed to a client registered for ingest; the gate decides each time. */
export const ingestPolicy: Policy = (can, caller) => {
  if (mayStoreFor(caller, 'ingest')) can('store', 'Reading');
  if (mayUsePurpose(caller, 'ingest')) can('read', 'Reading');
};
