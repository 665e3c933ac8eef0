import { csvLines, ENTRY_COLUMNS, entryCells } from '@integument/audit-log';
import type { EntryFormat } from './entry-formats.js';

/** Entries as CSV (RFC 4180) with a line of headings: `position` and then the columns of what entries say. */
export const entryCsv: EntryFormat = {
  mediaType: 'text/csv; charset=utf-8',
  extension: 'csv',
  head: csvLines([['position', ...ENTRY_COLUMNS]]),
  write: (entries) =>
    csvLines(entries.map(({ position, entry }) => [position, ...entryCells(entry.toString('utf8'))])),
};
