import { CodedError, type Reading } from '@integument/contracts';

const CURSOR = /^(\d{1,15})\.(\d{1,9})$/;

/**
 * One page of readings in order of time. The cursor is the last time delivered and how many readings of just that time
 * were: it stays right when earlier batches arrive late, and several readings may share an instant.
 */
export function pageOf(
  readings: readonly Reading[],
  cursor: string | undefined,
  limit: number,
): { readings: Reading[]; next: string | null } {
  const start = cursor === undefined ? 0 : position(readings, cursor);
  const page = readings.slice(start, start + limit);
  const last = page.at(-1);
  if (!last || start + page.length >= readings.length) return { readings: page, next: null };
  const delivered = readings.slice(0, start + page.length).filter(([time]) => time === last[0]).length;
  return { readings: page, next: `${last[0]}.${delivered}` };
}

function position(readings: readonly Reading[], cursor: string): number {
  const [, time, delivered] = CURSOR.exec(cursor) ?? [];
  if (time === undefined) throw new CodedError('request.invalid', 400, 'The cursor is not one of ours.');
  const at = readings.findIndex(([instant]) => instant >= Number(time));
  return at < 0 ? readings.length : at + Number(delivered);
}
