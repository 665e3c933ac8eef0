import type { PreferenceEvent, Product, ProductCategory, RecommendationReason } from '@integument/contracts';
import { ContentIndex } from './content-index.js';
import { EaseModel } from './ease.js';
import { GramMatrix } from './gram.js';
import { type Preferences, preferencesOf } from './preferences.js';
import { Ranking, type Reason } from './ranking.js';
import type { Snapshot } from './snapshot.js';

/** Chosen on MovieLens 100k; with fewer people than that, more caution than needed, never less. */
export const LAMBDA = 500;

export interface Recommendation {
  readonly product: Product;
  readonly reason: RecommendationReason;
}

export interface RecommendationList {
  readonly items: readonly Recommendation[];
  /** false while nothing is known about the person */
  readonly personalised: boolean;
}

/** A model and today's catalogue, brought to the same positions. Everything the feature asks of the mathematics. */
export class Recommender {
  private constructor(
    readonly model: EaseModel,
    readonly productIds: readonly string[],
    private readonly products: readonly (Product | null)[],
    private readonly positions: ReadonlyMap<string, number>,
    private readonly ranking: Ranking,
  ) {}

  /**
   * @param snapshot the trained model; without one everything rests on content
   * @param catalogue every product there is now. New ones get positions behind the model's; one that is gone keeps its
   * position, so that people who touched it can still be forgotten, and is never shown.
   */
  static of(snapshot: Snapshot | null, catalogue: readonly Product[]): Recommender {
    const known = new Map(catalogue.map((product) => [product.id as string, product]));
    const modelled = snapshot?.productIds ?? [];
    const inModel = new Set(modelled);
    const behind = [...known.keys()].filter((id) => !inModel.has(id)).sort();
    const productIds = [...modelled, ...behind];
    const model = snapshot?.model.withItems(productIds.length) ?? untrained(productIds.length);
    const products = productIds.map((id) => known.get(id) ?? null);
    const positions = new Map(productIds.map((id, position) => [id, position]));
    const ranking = new Ranking(model, new ContentIndex(products));
    return new Recommender(model, productIds, products, positions, ranking);
  }

  /** @param events of one person, the oldest first */
  preferencesOf(events: Iterable<PreferenceEvent>): Preferences {
    return preferencesOf(events, (product) => this.positions.get(product));
  }

  recommend(person: Preferences, limit: number, category?: ProductCategory): RecommendationList {
    const accept = (item: number) => category === undefined || this.products[item]?.category === category;
    const ranked = this.ranking.rank(person, { limit, accept });
    return {
      items: ranked.map(({ item, reason }) => ({ product: this.product(item), reason: this.spoken(reason) })),
      personalised: person.history.items.length + person.skinTypes.length + person.concerns.length > 0,
    };
  }

  private product(item: number): Product {
    const product = this.products[item];
    if (!product) throw new Error('a product without a description was ranked');
    return product;
  }

  /** From positions to product ids. */
  private spoken(reason: Reason): RecommendationReason {
    if (!('item' in reason)) return reason;
    return { code: reason.code, product: this.productIds[reason.item] as Product['id'] };
  }
}

function untrained(size: number): EaseModel {
  return EaseModel.train(new GramMatrix(0), LAMBDA).withItems(size);
}
