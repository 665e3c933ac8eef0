import { emailAddress } from '@integument/contracts';
import { expect, it } from 'vitest';
import { syntheticValues, VALUE_BYTES } from './synthetic-values.js';

it('synthetic values are addresses, each another, all of the length that is counted with', () => {
  const values = syntheticValues(500).map(({ value }) => emailAddress.parse(value));
  expect(new Set(values).size).toBe(500);
  expect(new Set(values.map((value) => Buffer.byteLength(value)))).toEqual(new Set([VALUE_BYTES]));
});
