import { Temporal } from 'temporal-polyfill';

export type IsHoliday = (day: Temporal.PlainDate) => boolean;

const SATURDAY = 6;

/**
 * The day on which something came in: where it ends last in the United States. An evening there is tomorrow in UTC, and would be due a
 * business day later.
 * @returns ISO 8601
 */
export function dayOfReceipt(now: Date): string {
  return Temporal.Instant.fromEpochMilliseconds(now.getTime())
    .toZonedDateTimeISO('Pacific/Honolulu')
    .toPlainDate()
    .toString();
}

/**
 * The day on which so many business days are over, the day of receipt not counted: neither weekends nor holidays are such.
 * @param from the day of receipt, ISO 8601
 */
export function businessDaysAfter(from: string, days: number, isHoliday: IsHoliday): string {
  let day = Temporal.PlainDate.from(from);
  for (let left = days; left > 0; ) {
    day = day.add({ days: 1 });
    if (day.dayOfWeek < SATURDAY && !isHoliday(day)) left--;
  }
  return day.toString();
}

/** Public holidays of the United States, as they are observed. */
export async function holidaysOfTheUnitedStates(): Promise<IsHoliday> {
  // Loaded where it is needed: the whole world's calendars are some megabytes.
  const { default: Holidays } = await import('date-holidays');
  const calendar = new Holidays('US', { types: ['public'] });
  const years = new Map<number, ReadonlySet<string>>();
  return (day) => {
    const known = years.get(day.year) ?? new Set(calendar.getHolidays(day.year).map(dayOf));
    years.set(day.year, known);
    return known.has(day.toString());
  };
}

function dayOf({ date }: { readonly date: string }): string {
  return date.slice(0, 10);
}
