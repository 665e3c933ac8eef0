import { z } from 'zod';
import { defineAction, type EntryDraft } from '../entry.js';
import type { Alert } from './evaluation.js';
import { ALERT_ACTION, GROUP } from './matching.js';

const position = z.int().nonnegative();
const hash = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .optional();

const alertRaised = defineAction(
  ALERT_ACTION,
  z.object({
    at: z.iso.datetime(),
    first: position,
    last: position,
    group: z.string().regex(GROUP).optional(),
  }),
);

/** An alert as an entry of the log that it was raised about; by it the alert reaches every feed. */
export function alertEntry({ rule, group, at, first, last, count }: Alert): EntryDraft {
  return alertRaised({
    outcome: 'done',
    actor: { kind: 'system', id: 'alerts' },
    object: rule,
    count,
    details: { at: new Date(at).toISOString(), first, last, ...(group !== '' && { group }) },
  });
}

/** A rule was created or replaced: SHA-256 of what it said before, if it was there, and of what it says now. */
export const alertRuleChanged = defineAction(
  'audit.change_alert_rule',
  z.object({ before: hash, after: hash }),
);
