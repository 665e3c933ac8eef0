const FREE_FAILURES = 3;
const LONGEST_SECONDS = 3_600;

/**
 * How long nobody may try a code after so many wrong ones in a row: 1, 2, 4 … seconds from the third on, an hour at most and
 * never for ever. At an hour's pace a guesser who has the password needs some thirty years for an even chance.
 * @param failures at least 1
 * @returns seconds
 */
export function waitAfter(failures: number): number {
  if (failures < FREE_FAILURES) return 0;
  return Math.min(LONGEST_SECONDS, 2 ** (failures - FREE_FAILURES));
}
