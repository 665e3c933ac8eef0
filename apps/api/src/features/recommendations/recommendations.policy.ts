import type { Policy } from '@integument/authz';

/** Own events and lists, or those of a permit that was handed to a client registered for recommendation. */
export const recommendationsPolicy: Policy = (can, caller) => {
  const mayUse =
    caller.kind === 'person' ||
    (caller.kind === 'client' && caller.use === 'health' && purposesOf(caller).includes('recommendation'));
  if (!mayUse) return;
  can('record', 'PreferenceEvent');
  can('read', 'Recommendation');
};

function purposesOf(caller: object): readonly string[] {
  return (caller as { purposes?: readonly string[] }).purposes ?? [];
}
