import { defineAction } from '@integument/audit-log';
import { z } from 'zod';

export const permitOpened = defineAction('permits.open');
export const permitResumed = defineAction('permits.resume');
export const permitFrozen = defineAction('permits.freeze');
export const permitDestroyed = defineAction('permits.destroy');
export const sessionPermitsRead = defineAction('permits.of_session');
export const permitKeysHanded = defineAction(
  'permits.keys',
  z.strictObject({ use: z.enum(['process', 'rights', 'forget']) }),
);
