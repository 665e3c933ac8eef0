const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** About a day, all together: whoever can't be reached at the end of a week's working days is back by then, or has to be asked. */
export const PAUSES_MS: readonly number[] = [
  5 * SECOND,
  30 * SECOND,
  2 * MINUTE,
  10 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  4 * HOUR,
  6 * HOUR,
  6 * HOUR,
  6 * HOUR,
];
const SPREAD = 0.15;

/**
 * How long to wait before the next attempt, spread so that what failed together doesn't come back together.
 * @param failed attempts, with the one just now; 1 at the first
 * @returns milliseconds; null: there is no next one
 */
export function pauseAfter(failed: number, random: () => number = Math.random): number | null {
  const pause = PAUSES_MS[failed - 1];
  return pause === undefined ? null : Math.round(pause * (1 + SPREAD * (2 * random() - 1)));
}

/** Less than the shortest way through all pauses: an endpoint at which one delivery died, and nothing else arrived, is off. */
export const OFF_AFTER_HOURS = 20;
/** More than the longest. */
export const DEAD_AFTER_HOURS = 48;
export const DEAD_KEPT_DAYS = 30;
export const SECRET_OVERLAP_HOURS = 24;
