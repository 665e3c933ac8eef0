import { DAYS, type Hours } from '@integument/contracts';

const MINUTE_MS = 60_000;

/** What the clocks of a place show. */
interface LocalTime {
  /** minutes since the epoch */
  readonly minute: number;
  /** 0: Monday */
  readonly day: number;
  readonly minuteOfDay: number;
}

// Making one costs a thousand times what using it does. As many as there are time zones, whose names are the same in any case.
const formats = new Map<string, Intl.DateTimeFormat>();
const shown = new Map<string, LocalTime>();

/** Changes of the hour, for summer or by decree, come at whole minutes: within one all questions have one answer. */
export function minuteOf(at: number): number {
  return Math.floor(at / MINUTE_MS);
}

/**
 * Whether it is within these hours, by the wall clocks of their place. An hour that a change leaves out never comes that day, one that it
 * repeats counts twice.
 * @param at milliseconds since the epoch
 */
export function isWithin({ days, from, to, timeZone }: Hours, at: number): boolean {
  const { day, minuteOfDay } = localTime(timeZone, at);
  return (
    days.some((name) => DAYS[day] === name) && minuteOfDay >= minutesOf(from) && minuteOfDay < minutesOf(to)
  );
}

function localTime(timeZone: string, at: number): LocalTime {
  const minute = minuteOf(at);
  const place = timeZone.toLowerCase();
  const known = shown.get(place);
  if (known?.minute === minute) return known;
  const parts = new Map(
    formatOf(timeZone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  );
  const local = {
    minute,
    day: DAYS.indexOf(String(parts.get('weekday')).toLowerCase() as (typeof DAYS)[number]),
    minuteOfDay: Number(parts.get('hour')) * 60 + Number(parts.get('minute')),
  };
  shown.set(place, local);
  return local;
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const place = timeZone.toLowerCase();
  const known = formats.get(place);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  formats.set(place, format);
  return format;
}

function minutesOf(clock: string): number {
  return Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));
}
