import type { Reading } from '@integument/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packReadings, unpackReadings } from './chunk-codec.js';

const [FIRST, LAST] = [946_684_800_000, 4_102_444_800_000];
const reading: fc.Arbitrary<Reading> = fc.tuple(
  fc.integer({ min: FIRST, max: LAST }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

describe('a chunk', () => {
  it('unpacks to the very readings that were packed, to the last bit', () => {
    fc.assert(
      fc.property(fc.array(reading, { maxLength: 200 }), (readings) => {
        const unpacked = unpackReadings(packReadings(readings));
        expect(unpacked.length).toBe(readings.length);
        // Object.is tells -0 from 0, which toEqual of numbers inside arrays does too, and costs less here.
        readings.forEach(([time, value], at) => {
          expect(unpacked[at]?.[0]).toBe(time);
          expect(Object.is(unpacked[at]?.[1], value)).toBe(true);
        });
      }),
      { numRuns: 300 },
    );
  });

  it.each<[string, Reading[]]>([
    ['nothing', []],
    [
      'the ends of time',
      [
        [LAST, 1],
        [FIRST, 2],
        [LAST, 3],
      ],
    ],
    ['one instant over and over', Array.from({ length: 50 }, (_, at): Reading => [FIRST, at])],
    [
      'the extremes of a double',
      [
        [FIRST, Number.MAX_VALUE],
        [FIRST + 1, Number.MIN_VALUE],
        [FIRST + 2, -0],
      ],
    ],
  ])('keeps %s', (_, readings) => {
    expect(unpackReadings(packReadings(readings))).toEqual(readings);
  });

  it('of a steady sensor takes a few bytes a reading', () => {
    const readings = Array.from(
      { length: 1_000 },
      (_, at): Reading => [FIRST + at * 250, 31.5 + (at % 7) / 100],
    );
    expect(packReadings(readings).length / readings.length).toBeLessThan(3);
  });

  it('of a format nobody wrote is refused', () => {
    const packed = packReadings([[FIRST, 1]]);
    packed[0] = 9;
    expect(() => unpackReadings(packed)).toThrow('unknown chunk format');
  });
});
