import { defineAction } from '@integument/audit-log';
import { z } from 'zod';

export const consentGiven = defineAction(
  'consent.give',
  z.strictObject({ kind: z.enum(['given', 'renewed']), notice: z.string().regex(/^[0-9a-f]{64}$/) }),
);
export const consentWithdrawn = defineAction('consent.withdraw');
export const consentRead = defineAction('consent.list');
export const consentHistoryRead = defineAction('consent.history');
