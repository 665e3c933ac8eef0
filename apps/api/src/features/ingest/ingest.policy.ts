import type { Policy } from '@integument/authz';

/** Own readings, or those of a permit that was handed to a client registered for ingest; the gate decides each time. */
export const ingestPolicy: Policy = (can, caller) => {
  const mayIngest =
    caller.kind === 'person' ||
    (caller.kind === 'client' && caller.use === 'health' && purposesOf(caller).includes('ingest'));
  if (!mayIngest) return;
  can('store', 'Reading');
  can('read', 'Reading');
};

function purposesOf(caller: object): readonly string[] {
  return (caller as { purposes?: readonly string[] }).purposes ?? [];
}
