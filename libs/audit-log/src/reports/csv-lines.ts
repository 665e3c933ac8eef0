import { stringify } from 'csv-stringify/sync';

export type CsvValue = string | number | null;

/**
 * Records of CSV (RFC 4180: CRLF, quotes where needed). A spreadsheet runs a cell that begins like a formula, so such a
 * cell gets an apostrophe before it (OWASP, CSV injection). A commitment may begin with `-`: take the apostrophe off again.
 */
export function csvLines(records: readonly (readonly CsvValue[])[]): string {
  return stringify([...records], {
    record_delimiter: 'windows',
    quote_record_delimiter: true,
    escape_formulas: true,
  });
}
