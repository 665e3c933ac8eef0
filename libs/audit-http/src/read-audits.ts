import { defineAction } from '@integument/audit-log';
import {
  AUDIT_REPORT_FORMATS,
  AUDIT_REPORTS,
  AUDIT_STREAM_FORMATS,
  type EntryFilterQuery,
  entryFilter,
  reportPeriod,
} from '@integument/contracts';
import { z } from 'zod';

/**
 * Reading the log is an entry in it, written before the answer leaves: what was asked, and how much came of it where
 * that is known then. Of filters see saidOf.
 */
const size = z.int().nonnegative();
const position = z.int().nonnegative();

const SEARCHED = ['actor', 'action', 'subject', 'purpose', 'code'] as const;
const asked = { ...entryFilter.shape, unmatched: z.array(z.enum(SEARCHED)).optional() };

/**
 * What of a filter may stand in the log. A value that an entry has stands there already. Any other was the auditor's to type,
 * somebody's name or number among them: of that only what it was compared with is written.
 * @param hasFound whether some entry fits the whole filter
 */
export function saidOf(filter: EntryFilterQuery, hasFound: boolean): z.output<z.ZodObject<typeof asked>> {
  if (hasFound) return filter;
  const { from, to, outcome } = filter;
  const unmatched = SEARCHED.filter((name) => filter[name] !== undefined);
  return { from, to, outcome, ...(unmatched.length > 0 && { unmatched }) };
}

export const entriesRead = defineAction(
  'audit.entries',
  // `after`: the position of the entry at which the page before ended.
  z.object({ ...asked, size, after: position.optional(), limit: z.int() }),
);
export const entriesStreamed = defineAction(
  'audit.stream',
  z.object({ ...asked, size, format: z.enum(AUDIT_STREAM_FORMATS) }),
);
export const logExported = defineAction('audit.export');
export const inclusionProved = defineAction('audit.inclusion', z.object({ position, size }));
export const consistencyProved = defineAction('audit.consistency', z.object({ from: size, to: size }));
export const bundleRead = defineAction('audit.tlog_tile', z.object({ index: z.int(), width: z.int() }));
export const reportRead = defineAction(
  'audit.report',
  z.object({
    ...reportPeriod.shape,
    report: z.enum(AUDIT_REPORTS),
    format: z.enum(AUDIT_REPORT_FORMATS),
    size,
  }),
);
export const feedsRead = defineAction('audit.feeds');
