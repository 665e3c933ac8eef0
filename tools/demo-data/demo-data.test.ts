import { enrolment, product } from '@integument/contracts';
import { describe, expect, it } from 'vitest';
import { DEMO_PEOPLE } from './people.js';
import { DEMO_PRODUCTS } from './products.js';

describe('the demo data', () => {
  it('has people that the contract takes as they are', () => {
    for (const person of DEMO_PEOPLE) expect(enrolment.parse(person)).toEqual(person);
  });

  it('has products that the contract takes as they are, each once', () => {
    for (const item of DEMO_PRODUCTS) expect(product.parse(item)).toEqual(item);
    expect(new Set(DEMO_PRODUCTS.map(({ id }) => id)).size).toBe(DEMO_PRODUCTS.length);
  });
});
