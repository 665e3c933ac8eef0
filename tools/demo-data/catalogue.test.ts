import { PRODUCT_CATEGORIES, product, SKIN_CONCERNS, SKIN_TYPES } from '@integument/contracts';
import { describe, expect, it } from 'vitest';
import { demoCatalogue } from './catalogue/index.js';

describe('the demonstration catalogue', () => {
  const products = demoCatalogue.map((entry) => product.parse(entry));

  it('is what an import takes, each product once', () => {
    expect(products.length).toBeGreaterThanOrEqual(150);
    expect(products.length).toBeLessThanOrEqual(1_000);
    expect(new Set(products.map(({ id }) => id)).size).toBe(products.length);
    expect(new Set(products.map(({ brand, name }) => `${brand} ${name}`)).size).toBe(products.length);
  });

  it('has something for every category, concern and skin type', () => {
    const covered = new Set(
      products.flatMap(({ category, concerns, skinTypes }) => [category, ...concerns, ...skinTypes]),
    );
    for (const word of [...PRODUCT_CATEGORIES, ...SKIN_CONCERNS, ...SKIN_TYPES])
      expect(covered).toContain(word);
  });

  it('says of every product what is in it, once, and whom it is for', () => {
    for (const { ingredients, concerns, skinTypes } of products) {
      expect(ingredients.length).toBeGreaterThanOrEqual(6);
      expect(new Set(ingredients).size).toBe(ingredients.length);
      expect(concerns.length).toBeGreaterThan(0);
      expect(skinTypes.length).toBeGreaterThan(0);
    }
  });
});
