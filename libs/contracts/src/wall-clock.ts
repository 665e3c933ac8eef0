export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/** Hours of some days, by the clocks of a place. */
export interface WallHours {
  /** of {@link DAYS} */
  readonly days: readonly string[];
  /** `HH:MM`, the first minute */
  readonly from: string;
  /** `HH:MM`, the first minute after it; `24:00` for the whole rest of the day */
  readonly to: string;
  /** name in the IANA database: `Europe/Berlin` */
  readonly timeZone: string;
}

/** What the clocks of a place show. */
interface Shown {
  /** minutes since the epoch */
  readonly minute: number;
  readonly day: string;
  /** `HH:MM` */
  readonly time: string;
}

const MINUTE_MS = 60_000;

// Making a format costs a thousand times what using it does, and asking it ten times what a look here does. Names are the same in any
// case: kept in one, there are no more than there are places.
const formats = new Map<string, Intl.DateTimeFormat | null>();
const shown = new Map<string, Shown>();
/** Of places that there are there are some six hundred; the rest was made up by somebody. */
const FORMATS_MAX = 2_000;

/** Whether there are clocks of this place. */
export function isTimeZone(timeZone: string): boolean {
  return formatOf(timeZone) !== null;
}

/** Changes of the hour, for summer or by decree, come at whole minutes: within one all questions have one answer. */
export function minuteOf(at: number): number {
  return Math.floor(at / MINUTE_MS);
}

/**
 * Whether it is within these hours. An hour that a change of the clocks leaves out never comes that day, one that it repeats counts twice.
 * Knows no holidays.
 * @param at milliseconds since the epoch
 * @throws RangeError for a place without clocks
 */
export function isWithin({ days, from, to, timeZone }: WallHours, at: number): boolean {
  const { day, time } = wallClock(timeZone, at);
  return days.includes(day) && from <= time && time < to;
}

function wallClock(timeZone: string, at: number): Shown {
  const place = timeZone.toLowerCase();
  const minute = minuteOf(at);
  const known = shown.get(place);
  if (known?.minute === minute) return known;
  const format = formatOf(timeZone);
  if (!format) throw new RangeError('there are no clocks of this place');
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
  const [day, hour, of] = [parts.get('weekday') ?? '', parts.get('hour') ?? '', parts.get('minute') ?? ''];
  const now = { minute, day: day.toLowerCase(), time: `${hour}:${of}` };
  shown.set(place, now);
  return now;
}

function formatOf(timeZone: string): Intl.DateTimeFormat | null {
  const place = timeZone.toLowerCase();
  const known = formats.get(place);
  if (known !== undefined) return known;
  if (formats.size >= FORMATS_MAX) formats.clear();
  const format = makeFormat(timeZone);
  formats.set(place, format);
  return format;
}

function makeFormat(timeZone: string): Intl.DateTimeFormat | null {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
  } catch {
    return null;
  }
}
