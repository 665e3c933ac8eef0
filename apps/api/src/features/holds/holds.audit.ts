import { defineAction } from '@integument/audit-log';
import { HOLD_GROUND_NAMES } from '@integument/contracts';
import { z } from 'zod';

// The object is the hold. Its case's reference stands in no entry: it would join the permits that one case is about.
export const holdRecorded = defineAction(
  'holds.record',
  z.strictObject({ ground: z.enum(HOLD_GROUND_NAMES), until: z.iso.date() }),
);
export const holdsListed = defineAction('holds.list');
export const holdLifted = defineAction('holds.lift');
