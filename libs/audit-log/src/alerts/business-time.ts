export interface BusinessHours {
  readonly timeZone: string;
  readonly days: readonly string[];
  /** `HH:MM`, the first minute of the business day */
  readonly from: string;
  /** `HH:MM`, the first minute after it */
  readonly to: string;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Whether a time, in milliseconds since 1970, is within business hours as clocks show them there. Knows no holidays. */
export function isBusinessTime({ timeZone, days, from, to }: BusinessHours, at: number): boolean {
  const parts = formatOf(timeZone).formatToParts(at);
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((one) => one.type === type)?.value ?? '';
  const time = `${part('hour')}:${part('minute')}`;
  return days.includes(part('weekday').toLowerCase()) && from <= time && time < to;
}

/** Making one costs a hundred times using it. */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  formats.set(timeZone, format);
  return format;
}
