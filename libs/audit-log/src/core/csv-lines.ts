export type CsvValue = string | number | null;

/** How a formula begins; the last four are what a spreadsheet may make the first four of. */
const FORMULA = /^[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/;

/**
 * Records of CSV (RFC 4180: CRLF, quotes where needed). A spreadsheet runs a cell that begins like a formula, so such a
 * text gets an apostrophe before it (OWASP, CSV injection). A commitment may begin with `-`: take the apostrophe off again.
 */
export function csvLines(records: readonly (readonly CsvValue[])[]): string {
  return records.map((record) => `${record.map(cell).join(',')}\r\n`).join('');
}

function cell(value: CsvValue): string {
  if (typeof value !== 'string') return value === null ? '' : String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
