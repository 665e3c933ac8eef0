import { defineAction } from '@integument/audit-log';
import {
  AUDIT_REPORT_FORMATS,
  AUDIT_REPORTS,
  AUDIT_STREAM_FORMATS,
  entryFilter,
  reportPeriod,
} from '@integument/contracts';
import { z } from 'zod';

/**
 * Reading the log is an entry in it, written before the answer leaves: what was asked, and how much came of it where
 * that is known then. Filters are written in the patterns that the contracts let in, and no others.
 */
const size = z.int().nonnegative();
const position = z.int().nonnegative();

export const entriesRead = defineAction(
  'audit.entries',
  // `after`: the position of the entry at which the page before ended.
  z.object({ ...entryFilter.shape, size, after: position.optional(), limit: z.int() }),
);
export const entriesStreamed = defineAction(
  'audit.stream',
  z.object({ ...entryFilter.shape, size, format: z.enum(AUDIT_STREAM_FORMATS) }),
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
