import { beforeAll, describe, expect, it } from 'vitest';
import { businessDaysAfter, holidaysOfTheUnitedStates } from './business-days.js';

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
