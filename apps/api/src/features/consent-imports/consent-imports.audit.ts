import { defineAction } from '@integument/audit-log';
import { z } from 'zod';

/** A consent that was given elsewhere before counts here. */
export const consentImported = defineAction(
  'consent.import',
  z.strictObject({ notice: z.string().regex(/^[0-9a-f]{64}$/) }),
);
