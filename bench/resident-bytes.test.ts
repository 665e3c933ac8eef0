import { expect, it } from 'vitest';
import { residentBytes } from './resident-bytes.js';

it('resident bytes are what the process itself is told', () => {
  const own = process.memoryUsage.rss();
  expect(residentBytes(process.pid) / own).toBeGreaterThan(0.8);
  expect(residentBytes(process.pid) / own).toBeLessThan(1.25);
  expect(() => residentBytes(2 ** 30)).toThrow();
});
