import { beforeAll, describe, expect, it } from 'vitest';
import { businessDaysAfter, dayOfReceipt, holidaysOfTheUnitedStates } from './business-days.js';

let isHoliday: Awaited<ReturnType<typeof holidaysOfTheUnitedStates>>;
beforeAll(async () => {
  isHoliday = await holidaysOfTheUnitedStates();
});

describe('business days', () => {
  it.each([
    ['nothing in their way', '2026-03-02', 15, '2026-03-23'],
    ['a weekend at once', '2026-03-06', 1, '2026-03-09'],
    ['received on a Sunday', '2026-03-08', 15, '2026-03-27'],
    ['Thanksgiving', '2026-11-25', 1, '2026-11-27'],
    ['Christmas and New Year', '2026-12-21', 15, '2027-01-13'],
    ['Independence Day on a Saturday, observed the Friday before', '2026-07-02', 1, '2026-07-06'],
    ['a leap day', '2028-02-28', 1, '2028-02-29'],
  ])('with %s', (_, from, days, due) => {
    expect(businessDaysAfter(from, days, isHoliday)).toBe(due);
  });
});

describe('the day of receipt', () => {
  it.each([
    ['a morning in Berlin, still the day before in Hawaii', '2026-03-02T07:00:00Z', '2026-03-01'],
    ['the last minute of a day there', '2026-03-02T09:59:59.999Z', '2026-03-01'],
    ['the first of the next', '2026-03-02T10:00:00Z', '2026-03-02'],
    ['an evening in Los Angeles, tomorrow in UTC', '2026-03-03T04:00:00Z', '2026-03-02'],
  ])('of %s', (_, at, day) => {
    expect(dayOfReceipt(new Date(at))).toBe(day);
  });
});
