import { expect, it } from 'vitest';
import type { IsHoliday } from './business-days.js';
import { OptOutClocks } from './opt-out-clocks.js';
import { OptOutClocksStore } from './opt-out-clocks.store.js';

const NEW_YEAR: IsHoliday = (day) => day.toString() === '2027-01-01';
const NOW = () => new Date('2026-12-31T12:00:00Z');

it('an opt-out waits for no calendar that can’t be loaded, is due no later for it, and the next one tries again', async () => {
  const loads: (() => Promise<IsHoliday>)[] = [
    () => Promise.reject(new Error('not now')),
    () => Promise.resolve(NEW_YEAR),
    () => Promise.reject(new Error('it was loaded before')),
  ];
  const load = () => loads.shift()?.() ?? Promise.reject(new Error('asked too often'));
  const clocks = new OptOutClocks(new OptOutClocksStore(), NOW, load);
  const received = { kind: 'limit-use', on: '2026-12-31' };
  expect(await clocks.receive('limit-use')).toEqual({ ...received, dueOn: '2027-01-21' });
  expect(await clocks.receive('limit-use')).toEqual({ ...received, dueOn: '2027-01-22' });
  expect(await clocks.receive('limit-use')).toEqual({ ...received, dueOn: '2027-01-22' });
  expect(loads).toHaveLength(1);
});
