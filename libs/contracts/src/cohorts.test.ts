import { describe, expect, it } from 'vitest';
import { COHORT_VALUES, cohortFacts, cohortHistogram, countCohort } from './cohorts.js';

const FACTS = { skinType: 'dry', concerns: [], productsUsed: 0, routineSteps: 0, interactions: 0 };

describe('a question', () => {
  const takes = (body: unknown) => countCohort.body?.safeParse(body).success;

  it('is by one or two dimensions, and of some or everybody', () => {
    expect(takes({ by: ['skinType'] })).toBe(true);
    expect(takes({ by: ['skinType', 'acne'], where: { productsUsed: '3', redness: 'no' } })).toBe(true);
  });

  it.each([
    ['by nothing', { by: [] }],
    ['by three', { by: ['skinType', 'acne', 'redness'] }],
    ['by one twice', { by: ['acne', 'acne'] }],
    ['by what it is filtered by', { by: ['acne'], where: { acne: 'yes' } }],
    ['with three filters', { by: ['acne'], where: { redness: 'no', dullness: 'no', skinType: 'dry' } }],
    ['with a value that there is not', { by: ['acne'], where: { productsUsed: '4' } }],
    ['by a dimension that there is not', { by: ['age'] }],
    ['with a filter that there is not', { by: ['acne'], where: { age: '40' } }],
  ])('%s is none', (_, body) => {
    expect(takes(body)).toBe(false);
  });

  it('about bands is not filtered by them', () => {
    const where = { interactions: '0' };
    expect(cohortHistogram.body?.safeParse({ of: 'interactions', where }).success).toBe(false);
    expect(cohortHistogram.body?.safeParse({ of: 'productsUsed', where }).success).toBe(true);
  });
});

describe('facts', () => {
  it.each([
    [0, '0'],
    [2, '0'],
    [3, '3'],
    [11, '9'],
    [12, '12'],
    [10_000, '12'],
  ])('with %i products are in the band from %s, one of those to ask for', (productsUsed, band) => {
    const kept = cohortFacts.parse({ ...FACTS, productsUsed }).productsUsed;
    expect(String(kept)).toBe(band);
    expect(COHORT_VALUES.productsUsed).toContain(band);
  });

  it('name each concern once, in one order, whatever theirs was', () => {
    const { concerns } = cohortFacts.parse({ ...FACTS, concerns: ['redness', 'acne', 'redness'] });
    expect(concerns).toEqual(['acne', 'redness']);
  });

  it.each([
    ['no skin type', { skinType: undefined }],
    ['a number below none', { interactions: -1 }],
    ['a part of a product', { productsUsed: 1.5 }],
    ['a word besides', { age: 40 }],
  ])('with %s are none', (_, wrong) => {
    expect(cohortFacts.safeParse({ ...FACTS, ...wrong }).success).toBe(false);
  });
});
