import { z } from 'zod';
import { defineRoute } from './route.js';

/** What every route of auditors asks. */
export const AUDITORS = {
  tag: 'Audit',
  audience: ['staff'],
  ability: { action: 'read', resource: 'AuditLog' },
} as const;

/** A day (its first moment, UTC) or a moment. */
const moment = z.union([z.iso.date(), z.iso.datetime({ offset: true }).max(35)]);
// What entries may hold there (libs/audit-log/src/facts.ts): nothing else can be found, and a filter is written into the log.
const name = z
  .string()
  .max(80)
  .regex(/^[A-Za-z][A-Za-z0-9]*(?:[._-][A-Za-z0-9]+)*$/);
const label = z
  .string()
  .max(128)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:|/#~-]*$/);

const period = {
  from: moment.describe('Day or moment with offset: entries at or after it'),
  to: moment.describe('Day or moment with offset: entries before it'),
};

/** What entries can be looked for by. All that is given must fit. */
export const entryFilter = z.strictObject({
  from: period.from.optional(),
  to: period.to.optional(),
  actor: label.optional().describe('Id of who acted'),
  action: name.optional().describe('`people.reveal`'),
  subject: z
    .string()
    .regex(/^[A-Za-z0-9_-]{43}$/)
    .optional()
    .describe('Commitment to whom it was about, in base64url as in the entry'),
  purpose: name.optional(),
  outcome: z.enum(['done', 'refused']).optional(),
  code: name.optional().describe('Of a refusal'),
});
export type EntryFilterQuery = z.output<typeof entryFilter>;

/** What a report is about. */
export const reportPeriod = z.strictObject(period);

const forwards = ({ from, to }: { from?: string | undefined; to?: string | undefined }) =>
  from === undefined || to === undefined || Date.parse(from) <= Date.parse(to);
const BACKWARDS = { path: ['to'], error: 'before `from`' };

export const readAuditEntries = defineRoute({
  ...AUDITORS,
  id: 'audit.entries',
  method: 'GET',
  path: '/v1/audit/entries',
  summary:
    'Entries of the audit log by filters, in order of time, page by page over one signed size of the log',
  query: entryFilter
    .extend({
      cursor: z
        .string()
        .regex(/^[A-Za-z0-9_-]{32}$/)
        .optional()
        .describe('`next` of the page before; absent for the first'),
      limit: z.coerce.number().int().min(1).max(1_000).default(100),
    })
    .refine(forwards, BACKWARDS),
  reply: z.object({
    size: z.int().describe('Entries that were searched: the log as its checkpoint of this size signs it'),
    // The entry exactly as it was written; its format is declared by the audit log.
    items: z.array(z.object({ position: z.int(), entry: z.record(z.string(), z.unknown()).nullable() })),
    next: z.string().nullable(),
  }),
  problems: ['audit.cursor_invalid', 'audit.index_behind', 'audit.no_checkpoint'],
});

/** Each is written by an `EntryFormat` of libs/audit-http. */
export const AUDIT_STREAM_FORMATS = ['ndjson', 'csv', 'ocsf'] as const;
export type AuditStreamFormat = (typeof AUDIT_STREAM_FORMATS)[number];

export const streamAuditEntries = defineRoute({
  ...AUDITORS,
  id: 'audit.stream',
  method: 'GET',
  path: '/v1/audit/stream',
  routeClass: 'bulk',
  stepUp: true,
  summary: 'All entries that fit the filters, in order of time, as one download of any size',
  query: entryFilter
    .extend({ format: z.enum(AUDIT_STREAM_FORMATS).default('ndjson') })
    .refine(forwards, BACKWARDS),
  media: ['application/x-ndjson', 'text/csv'],
  problems: ['audit.no_checkpoint'],
});

export const exportAuditLog = defineRoute({
  ...AUDITORS,
  id: 'audit.export',
  method: 'GET',
  path: '/v1/audit/export',
  routeClass: 'bulk',
  stepUp: true,
  summary: 'The whole log as NDJSON for the offline verifier',
  media: ['application/x-ndjson'],
  problems: ['audit.no_checkpoint'],
});

export const readCheckpoint = defineRoute({
  id: 'audit.checkpoint',
  method: 'GET',
  path: '/v1/audit/checkpoint',
  summary: 'The newest signed checkpoint (C2SP tlog-checkpoint) and the key it is checked with',
  tag: 'Audit',
  audience: ['public'],
  reply: z.object({ size: z.int(), note: z.string(), key: z.string() }),
  problems: ['audit.no_checkpoint'],
});

export const AUDIT_REPORTS = ['reveals', 'break-glass', 'refusals', 'exports', 'access'] as const;
export type AuditReportName = (typeof AUDIT_REPORTS)[number];
export const AUDIT_REPORT_FORMATS = ['html', 'csv', 'json'] as const;
export type AuditReportFormat = (typeof AUDIT_REPORT_FORMATS)[number];

export const readAuditReport = defineRoute({
  ...AUDITORS,
  id: 'audit.report',
  method: 'GET',
  path: '/v1/audit/reports/:report',
  routeClass: 'bulk',
  summary: 'A report of a period, tied to a signed checkpoint: as a page to print, as CSV or as JSON',
  params: z.strictObject({ report: z.enum(AUDIT_REPORTS) }),
  query: reportPeriod
    .extend({ format: z.enum(AUDIT_REPORT_FORMATS).default('html') })
    .refine(forwards, BACKWARDS),
  media: ['text/html', 'text/csv', 'application/json'],
  problems: ['audit.no_checkpoint'],
});

export const readAuditFeeds = defineRoute({
  ...AUDITORS,
  id: 'audit.feeds',
  method: 'GET',
  path: '/v1/audit/feeds',
  summary: 'How far each reader of the log that works in the background has come, and since when one fails',
  reply: z.object({
    size: z.int().describe('Entries in the log'),
    feeds: z.array(
      z.object({
        name: z.string().describe('`index`: what entries are found by'),
        position: z.int().describe('Every entry before it is done'),
        behind: z.int().describe('Entries still to do'),
        failures: z.int().describe('In a row'),
        failingSince: z.iso.datetime().nullable(),
      }),
    ),
  }),
  problems: ['audit.no_checkpoint'],
});
