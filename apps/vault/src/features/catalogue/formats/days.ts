import type { Part } from './parts.js';

const DAY_MS = 86_400_000;

/** How a number writes a day of birth as YYMMDD. */
export interface DayWriting {
  /** what is added to the month, or the day, to say something else with it */
  readonly addedToMonth?: number;
  readonly addedToDay?: number;
}

/**
 * The days of one generation. A token keeps which it is: the century, and of this century the quarter. In a whole century most
 * days of birth would be still to come, which careful readers refuse.
 */
export function daysAround(year: number, writing: DayWriting = {}): Part {
  const years = year < 2000 ? 100 : 25;
  return daysOf(year - (year % years), years, writing);
}

function daysOf(from: number, years: number, { addedToMonth = 0, addedToDay = 0 }: DayWriting): Part {
  const first = Date.UTC(from, 0, 1);
  const size = (Date.UTC(from + years, 0, 1) - first) / DAY_MS;
  return {
    width: 6,
    size,
    keeps: `from ${from}`,
    read: (text) => {
      if (!/^[0-9]{6}$/.test(text)) return undefined;
      const [year = 0, month = 0, day = 0] = [text.slice(0, 2), text.slice(2, 4), text.slice(4)].map(Number);
      const time = dayOf(from - (from % 100) + year, month - addedToMonth, day - addedToDay);
      const index = time === null ? -1 : (time - first) / DAY_MS;
      return index >= 0 && index < size ? index : undefined;
    },
    write: (index) => {
      const date = new Date(first + index * DAY_MS);
      const groups = [
        date.getUTCFullYear() % 100,
        date.getUTCMonth() + 1 + addedToMonth,
        date.getUTCDate() + addedToDay,
      ];
      return groups.map((group) => String(group).padStart(2, '0')).join('');
    },
  };
}

/** Null for a day that there is not, which JavaScript would count on into the next month. */
function dayOf(year: number, month: number, day: number): number | null {
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date.getTime() : null;
}
