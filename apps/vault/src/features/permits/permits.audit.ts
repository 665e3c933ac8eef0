import { defineAction } from '@integument/audit-log';
import { z } from 'zod';
import type { LockedPerson } from './permits.store.js';

// What is handed out is a translation from a session to a pseudonym: an entry, also where nothing had to be changed for it.
const changed = z.strictObject({ changed: z.boolean(), guardian: z.literal(true).optional() });
export const permitOpened = defineAction('permits.open', changed);
export const permitDeclined = defineAction('permits.decline', changed);
export const permitResumed = defineAction('permits.resume', changed);
export const permitFrozen = defineAction('permits.freeze');
export const permitDestroyed = defineAction('permits.destroy');
export const sessionPermitsRead = defineAction('permits.of_session');
export const permitKeysHanded = defineAction(
  'permits.keys',
  z.strictObject({ use: z.enum(['process', 'rights', 'forget']) }),
);

/** What an entry of a change says beside whom it is about. */
export function detailsOf({ guardianship }: LockedPerson, changed: boolean) {
  return { changed, ...(guardianship && { guardian: true as const }) };
}
