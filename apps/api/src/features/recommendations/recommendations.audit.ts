import { defineAction } from '@integument/audit-log';
import { z } from 'zod';

export const eventsRecorded = defineAction('events.record');
export const recommendationsRead = defineAction('recommendations.list');
export const modelTrained = defineAction(
  'recommendations.train',
  z.strictObject({ version: z.int(), items: z.int() }),
);
