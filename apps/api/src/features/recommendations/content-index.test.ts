import { describe, expect, it } from 'vitest';
import { ContentIndex } from './content-index.js';

const product = (...ingredients: string[]) => ({ ingredients, concerns: [], skinTypes: [] });

describe('the likeness of ingredient lists', () => {
  it('is one with itself, nothing without a common ingredient, and the same both ways', () => {
    const index = new ContentIndex([
      product('Aqua', 'Niacinamide'),
      product('Squalane'),
      product('Niacinamide', 'Aqua'),
    ]);
    expect(index.similarities(0)[0]).toBeCloseTo(1, 12);
    expect(index.similarities(0)[1]).toBe(0);
    expect(index.similarities(0)[2]).toBeCloseTo(index.similarities(2)[0] as number, 12);
  });

  it('counts a rare ingredient for more than one that everything holds', () => {
    const index = new ContentIndex([
      product('Bakuchiol', 'Aqua'),
      product('Bakuchiol', 'Squalane'),
      product('Aqua', 'Squalane'),
      product('Aqua', 'Urea'),
    ]);
    const [, rare, common] = index.similarities(0);
    expect(rare).toBeGreaterThan(common as number);
  });

  it('counts what stands first on the label for more than what stands last', () => {
    const filler = Array.from({ length: 20 }, (_, at) => `Filler ${at}`);
    const index = new ContentIndex([
      product('Retinal'),
      product('Retinal', ...filler),
      product(...filler, 'Retinal'),
    ]);
    const [, first, last] = index.similarities(0);
    expect(first).toBeGreaterThan(last as number);
  });

  it('does not mind capitals or repetition', () => {
    const index = new ContentIndex([product('AQUA', 'aqua', 'Urea'), product('Aqua', 'urea')]);
    expect(index.similarities(0)[1]).toBeCloseTo(1, 12);
  });

  it('of a product that is gone is nothing', () => {
    const index = new ContentIndex([null, product('Aqua'), product()]);
    for (const item of [0, 1, 2]) expect(index.similarities(item)[0]).toBe(0);
    expect(index.has(0)).toBe(false);
  });
});

describe('the concerns of a product', () => {
  const index = new ContentIndex([{ ingredients: [], concerns: ['redness', 'acne'], skinTypes: ['dry'] }]);

  it('overlap by share, and name the one that matters most to the person', () => {
    expect(index.concernOverlap(0, ['dullness', 'acne'])).toBe(0.5);
    expect(index.concernOverlap(0, [])).toBe(0);
    expect(index.findConcern(0, ['dullness', 'acne', 'redness'])).toBe('acne');
    expect(index.findConcern(0, ['dullness'])).toBeUndefined();
    expect(index.findSkinType(0, ['oily', 'dry'])).toBe('dry');
  });
});
