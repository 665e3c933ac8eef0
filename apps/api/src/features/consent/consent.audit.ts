import { defineAction } from '@integument/audit-log';
import { LETTER_TEMPLATES } from '@integument/contracts';
import { z } from 'zod';

export const consentGiven = defineAction(
  'consent.give',
  z.strictObject({
    kind: z.enum(['given', 'renewed', 'repeated']),
    notice: z.string().regex(/^[0-9a-f]{64}$/),
  }),
);
export const consentWithdrawn = defineAction(
  'consent.withdraw',
  z.strictObject({ kind: z.enum(['withdrawn', 'repeated']) }),
);
/** The time that somebody agreed to was up. */
export const consentExpired = defineAction('consent.expire');
export const consentForetold = defineAction(
  'consent.foretell',
  z.strictObject({ template: z.enum(LETTER_TEMPLATES) }),
);
export const consentRead = defineAction('consent.list');
export const consentHistoryRead = defineAction('consent.history');
