// biome-ignore-all lint/style/noNonNullAssertion: positions are in range by construction

import type { Product, SkinConcern, SkinType } from '@integument/contracts';

type Described = Pick<Product, 'ingredients' | 'concerns' | 'skinTypes'>;

/**
 * A label lists ingredients in the order of their amount (Regulation (EC) No 1223/2009, Art. 19(1)(g)), so the weight of
 * one halves every so many places.
 */
const HALF_WEIGHT_AFTER = 8;

interface Ingredients {
  readonly ids: Int32Array;
  /** of unit length together */
  readonly weights: Float64Array;
}

/** Which items hold an ingredient, and with which weight. */
type Carriers = readonly { readonly item: number; readonly weight: number }[];

/** What the products say about themselves, by position of the model: all there is before anybody has touched one. */
export class ContentIndex {
  private readonly ingredients: readonly Ingredients[];
  private readonly carriers: readonly Carriers[];

  /** @param products null where a product of the model is no longer in the catalogue */
  constructor(private readonly products: readonly (Described | null)[]) {
    this.ingredients = indexIngredients(products.map((product) => product?.ingredients ?? []));
    this.carriers = invert(this.ingredients);
  }

  get size(): number {
    return this.products.length;
  }

  has(item: number): boolean {
    return this.products[item] != null;
  }

  /** The first of these concerns that the product is meant for. */
  findConcern(item: number, concerns: readonly SkinConcern[]): SkinConcern | undefined {
    return concerns.find((concern) => this.products[item]?.concerns.includes(concern));
  }

  /** The share of these concerns that the product is meant for, 0 to 1. */
  concernOverlap(item: number, concerns: readonly SkinConcern[]): number {
    const met = concerns.filter((concern) => this.products[item]?.concerns.includes(concern));
    return concerns.length === 0 ? 0 : met.length / concerns.length;
  }

  findSkinType(item: number, skinTypes: readonly SkinType[]): SkinType | undefined {
    return skinTypes.find((type) => this.products[item]?.skinTypes.includes(type));
  }

  /** For every item the cosine of its ingredients with those of this one, 0 to 1. What every cream holds says little. */
  similarities(item: number): Float64Array {
    const similar = new Float64Array(this.size);
    const own = this.ingredients[item];
    own?.ids.forEach((id, at) => {
      const weight = own.weights[at]!;
      for (const carrier of this.carriers[id]!) similar[carrier.item]! += weight * carrier.weight;
    });
    return similar;
  }
}

/** TF-IDF with the place on the label in place of a count. */
function indexIngredients(labels: readonly (readonly string[])[]): Ingredients[] {
  const ids = new Map<string, number>();
  const normalised = labels.map((label) => [...new Set(label.map((name) => name.toLowerCase()))]);
  const carriers: number[] = [];
  for (const name of normalised.flat()) {
    const id = ids.get(name) ?? ids.set(name, ids.size).size - 1;
    carriers[id] = (carriers[id] ?? 0) + 1;
  }
  return normalised.map((label) => {
    const weighted = label.map((name, place) => {
      const id = ids.get(name) as number;
      const rarity = Math.log(1 + labels.length / (carriers[id] as number));
      return [id, rarity * 2 ** (-place / HALF_WEIGHT_AFTER)] as const;
    });
    return unitLength(weighted);
  });
}

function unitLength(weighted: readonly (readonly [id: number, weight: number])[]): Ingredients {
  const length = Math.hypot(...weighted.map(([, weight]) => weight)) || 1;
  return {
    ids: Int32Array.from(weighted, ([id]) => id),
    weights: Float64Array.from(weighted, ([, weight]) => weight / length),
  };
}

function invert(labels: readonly Ingredients[]): Carriers[] {
  const carriers: { item: number; weight: number }[][] = [];
  labels.forEach(({ ids, weights }, item) => {
    ids.forEach((id, at) => {
      const others = carriers[id] ?? [];
      others.push({ item, weight: weights[at]! });
      carriers[id] = others;
    });
  });
  return carriers;
}
