import { type CsvValue, csvLines } from '../core/index.js';
import type { AuditReport, ReportValue } from './audit-reports.js';

/** What ties a report to the log, and what its reader has to know before its rows: by name, in order. */
export function headOf(report: AuditReport): readonly (readonly [heading: string, value: string])[] {
  const { size, root, signedAt } = report.checkpoint;
  return [
    ['Log', report.log],
    ['From', report.from.toISOString()],
    ['To (left out)', report.to.toISOString()],
    [
      'Entries covered',
      report.first === 0 ? `the first ${size}` : `positions ${report.first} to ${size - 1}`,
    ],
    ['Root of the log at this size', root.toString('base64')],
    ['Signed at', signedAt.toISOString()],
    ['Made at', report.madeAt.toISOString()],
    ['Rows', report.cut ? `${report.rows.length}, and there are more` : String(report.rows.length)],
    ...noticesOf(report).map((notice) => ['Notice', notice] as const),
  ];
}

/** What is not in the report though its period would have it. */
export function noticesOf({ cut, rows, first }: AuditReport): string[] {
  return [
    ...(cut ? [`Cut after ${rows.length} rows. Ask for a shorter period to see the rest.`] : []),
    ...(first > 0 ? [`Entries before position ${first} are archived and not part of this report.`] : []),
  ];
}

/** The report for spreadsheets: its head as records of name and value, an empty line, headings, rows. */
export function reportCsv(report: AuditReport): string {
  const head: CsvValue[][] = [['Report', report.title], ...headOf(report).map((pair) => [...pair])];
  const headings = report.columns.map(({ heading }) => heading);
  const rows = report.rows.map((row) => row.map(plain));
  return `${csvLines(head)}\r\n${csvLines([headings, ...rows])}`;
}

/** The report for programs. */
export function reportJson(report: AuditReport): string {
  const { name, log, from, to, first, checkpoint, madeAt, columns, rows, cut } = report;
  const { size, root, note } = checkpoint;
  const keyed = rows.map((row) => Object.fromEntries(columns.map(({ key }, n) => [key, row[n]])));
  const covered = { first, size, root: root.toString('base64'), checkpoint: note };
  return JSON.stringify({ report: name, log, from, to, covered, madeAt, cut, rows: keyed });
}

function plain(value: ReportValue): CsvValue {
  return value instanceof Date ? value.toISOString() : value;
}
