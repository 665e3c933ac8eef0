const DAY_MS = 86_400_000;

/** The day of a moment, of UTC: `2026-03-01`, as columns and messages have days. @param moment milliseconds since the epoch, where it is a number */
export function dayOf(moment: Date | number): string {
  return new Date(moment).toISOString().slice(0, 10);
}

/** The day so many days later, or earlier where it is fewer than none. @param day as {@link dayOf} gives it */
export function dayAfter(day: string, days: number): string {
  return dayOf(Date.parse(day) + days * DAY_MS);
}
