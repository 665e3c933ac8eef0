import { CodedError, type Reading } from '@integument/contracts';

const CURSOR = /^(\d{1,15})\.(\d{1,9})$/;

/** Where a page begins: at this time, after so many readings of just that time. */
export interface PageStart {
  readonly time: number;
  readonly delivered: number;
}

export interface Page {
  readonly readings: Reading[];
  readonly next: string | null;
}

/** @throws CodedError `request.invalid` for a cursor that is not one of ours */
export function parseCursor(cursor: string | undefined): PageStart {
  if (cursor === undefined) return { time: 0, delivered: 0 };
  const [, time, delivered] = CURSOR.exec(cursor) ?? [];
  if (time === undefined) throw new CodedError('request.invalid', 400, 'The cursor is not one of ours.');
  return { time: Number(time), delivered: Number(delivered) };
}

/**
 * One page of readings in order of time. The cursor is the last time delivered and how many readings of just that time
 * were: it stays right when earlier batches arrive late, and several readings may share an instant.
 * @param readings from the start's time on, in order; one more than the page holds where there is a next one
 */
export function pageOf(readings: readonly Reading[], start: PageStart, limit: number): Page {
  const skipped = skip(readings, start);
  const page = readings.slice(skipped, skipped + limit);
  const last = page.at(-1);
  if (!last || skipped + page.length >= readings.length) return { readings: page, next: null };
  const delivered = readings.slice(0, skipped + page.length).filter(([time]) => time === last[0]).length;
  return { readings: page, next: `${last[0]}.${delivered}` };
}

/** Readings of the start's time that were delivered before; fewer where some are gone since. */
function skip(readings: readonly Reading[], { time, delivered }: PageStart): number {
  const later = readings.findIndex(([instant]) => instant > time);
  return Math.min(delivered, later < 0 ? readings.length : later);
}
