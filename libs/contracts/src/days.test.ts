import { describe, expect, it } from 'vitest';
import { dayAfter, dayOf } from './days.js';

describe('a day', () => {
  it('is the one of UTC, to its last millisecond', () => {
    expect(dayOf(new Date('2026-03-01T23:59:59.999Z'))).toBe('2026-03-01');
    expect(dayOf(Date.UTC(2026, 2, 2))).toBe('2026-03-02');
  });

  it('is so many days after another, over months, leap days and changes of summer time', () => {
    expect(dayAfter('2028-02-28', 2)).toBe('2028-03-01');
    expect(dayAfter('2026-03-28', 2)).toBe('2026-03-30');
    expect(dayAfter('2026-01-01', -1)).toBe('2025-12-31');
    expect(dayAfter('2026-07-01', 730)).toBe('2028-06-30');
  });
});
