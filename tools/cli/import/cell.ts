import { RowRefusal } from '../rows/refused.js';

/**
 * A cell as text; undefined where there is none. Whole numbers are what JSON makes of a customer's number; others have lost
 * what they were written as.
 */
export function textOfCell(
  cells: ReadonlyMap<string, unknown>,
  column: string,
): RowRefusal | string | undefined {
  const cell = cells.get(column);
  if (cell === undefined || cell === null || cell === '') return undefined;
  if (typeof cell === 'string') return cell;
  if (typeof cell === 'number' && Number.isSafeInteger(cell)) return `${cell}`;
  return new RowRefusal('row.not_text', [column]);
}

/** An entry's JSON longer than this is not sent: no value is that long. */
const ENTRY_MAX_BYTES = 64 * 1024;

/** @param column where the row's value is from, for saying that it is too long */
export function entryOf(entry: object, column: string): RowRefusal | string {
  const text = JSON.stringify(entry);
  if (Buffer.byteLength(text) <= ENTRY_MAX_BYTES) return text;
  return new RowRefusal('row.too_long', [column]);
}
