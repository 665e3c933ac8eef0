import { defineAction } from '@integument/audit-log';
import { BOUNCE_KINDS, LETTER_TEMPLATES } from '@integument/contracts';
import { z } from 'zod';

const template = z.enum(LETTER_TEMPLATES);

// None of these names the letter: its id stands in the Message-ID, which mail servers have beside the address.
export const letterRequested = defineAction(
  'letters.request',
  z.strictObject({ template: template.optional() }),
);
export const bouncesReported = defineAction(
  'letters.report_bounces',
  z.strictObject({ kind: z.enum(BOUNCE_KINDS) }),
);
export const letterSent = defineAction('letters.sent', z.strictObject({ template }));
/** The mail server took it for nobody of its own. */
export const letterReturned = defineAction('letters.returned', z.strictObject({ template }));
export const letterGivenUp = defineAction(
  'letters.given_up',
  z.strictObject({ template, why: z.enum(['late', 'no_address', 'unreachable']) }),
);

/** What the vault does by itself. */
export const SENDER = { outcome: 'done', actor: { kind: 'system', id: 'letters' } } as const;
