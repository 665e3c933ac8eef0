import type { Interaction, PreferenceEvent, Product } from '@integument/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EaseModel } from './ease.js';
import { GramMatrix } from './gram.js';
import { binaryHistory } from './history.js';
import { Recommender } from './recommender.js';
import { decodeSnapshot, encodeSnapshot } from './snapshot.js';

function make(id: string, more: Partial<Product> = {}): Product {
  return {
    id: id as Product['id'],
    brand: 'Test',
    name: id,
    category: 'serum',
    price: { cents: 1_000, currency: 'EUR' },
    ingredients: [],
    concerns: [],
    skinTypes: [],
    ...more,
  };
}

const IDS = ['a', 'b', 'c', 'd', 'e', 'f'];
const CATALOGUE = [
  make('a', { ingredients: ['Aqua', 'Niacinamide'] }),
  make('b', { ingredients: ['Aqua', 'Zinc PCA'], concerns: ['acne'], skinTypes: ['oily'] }),
  make('c', { ingredients: ['Squalane', 'Ceramide NP'], skinTypes: ['dry'] }),
  make('d', { ingredients: ['Niacinamide', 'Aqua'], category: 'toner' }),
  make('e', { concerns: ['redness', 'acne'], skinTypes: ['sensitive'] }),
  make('f'),
];

/** a and f are liked together by many, c is liked by most. */
function trained() {
  const gram = new GramMatrix(IDS.length);
  for (let i = 0; i < 30; i++) gram.add(binaryHistory([0, 5]));
  for (let i = 0; i < 40; i++) gram.add(binaryHistory([2]));
  for (let i = 0; i < 5; i++) gram.add(binaryHistory([1, 3]));
  return { model: EaseModel.train(gram, 2), productIds: IDS };
}

let events = 0;
const event = () => `00000000-0000-4000-8000-${String(events++).padStart(12, '0')}`;
const did = (interaction: Interaction, product: string): PreferenceEvent => ({
  kind: 'interaction',
  event: event(),
  product: product as Product['id'],
  interaction,
});
const told = (skinTypes: Product['skinTypes'], concerns: Product['concerns']): PreferenceEvent => ({
  kind: 'profile',
  event: event(),
  skinTypes,
  concerns,
});

function list(recommender: Recommender, ...history: PreferenceEvent[]) {
  const found = recommender.recommend(recommender.preferencesOf(history), 10);
  return found.items.map(({ product, reason }) => ({ id: product.id, ...reason }));
}

describe('a list', () => {
  const recommender = Recommender.of(trained(), CATALOGUE);

  it('leads with what others liked who liked the same, and says so', () => {
    const [first] = list(recommender, did('liked', 'a'));
    expect(first).toEqual({ id: 'f', code: 'because_liked', product: 'a' });
  });

  it('does not say "liked" of something that was only looked at', () => {
    const ids = Array.from({ length: 13 }, (_, at) => `p${at}`);
    const gram = new GramMatrix(ids.length);
    for (let i = 0; i < 100; i++) gram.add(binaryHistory(ids.keys()));
    const model = EaseModel.train(gram, 2);
    const everythingTogether = Recommender.of(
      { model, productIds: ids },
      ids.map((id) => make(id)),
    );
    const viewed = ids.slice(1).map((id) => did('viewed', id));
    expect(list(everythingTogether, ...viewed)).toMatchObject([{ id: 'p0', code: 'because_viewed' }]);
  });

  it('does not rest on what one other person did', () => {
    const gram = new GramMatrix(IDS.length);
    gram.add(binaryHistory([0, 5]));
    const recommender = Recommender.of({ model: EaseModel.train(gram, 2), productIds: IDS }, CATALOGUE);
    expect(list(recommender, did('liked', 'a'))[0]).toMatchObject({ id: 'd', code: 'similar_ingredients' });
  });

  it('holds nothing that was seen or hidden', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(fc.constantFrom(...IDS), fc.constantFrom('viewed', 'saved', 'liked', 'bought', 'hidden')),
        ),
        (pairs) => {
          const ids = list(recommender, ...pairs.map(([id, interaction]) => did(interaction, id))).map(
            ({ id }) => id,
          );
          const touched = new Set(pairs.map(([id]) => id));
          expect(ids.toSorted()).toEqual(IDS.filter((id) => !touched.has(id)));
        },
      ),
    );
  });

  it('starts with popularity for somebody who told nothing', () => {
    const items = list(recommender);
    expect(items[0]).toEqual({ id: 'c', code: 'popular' });
    expect(recommender.recommend(recommender.preferencesOf([]), 5).personalised).toBe(false);
  });

  it('starts with the skin of somebody who told about it', () => {
    expect(list(recommender, told([], ['redness']))[0]).toEqual({
      id: 'e',
      code: 'for_concern',
      concern: 'redness',
    });
    expect(list(recommender, told(['oily'], []))[0]).toEqual({
      id: 'b',
      code: 'for_skin_type',
      skinType: 'oily',
    });
  });

  it('follows the last thing that somebody told about their skin', () => {
    const items = list(recommender, told(['dry'], ['redness']), told(['oily'], []));
    expect(items[0]?.id).toBe('b');
    expect(items.map(({ code }) => code)).not.toContain('for_concern');
  });

  it('is cut to its length and category', () => {
    const person = recommender.preferencesOf([]);
    expect(recommender.recommend(person, 2).items).toHaveLength(2);
    expect(recommender.recommend(person, 10, 'toner').items.map(({ product }) => product.id)).toEqual(['d']);
  });

  it('passes over a product that nobody knows', () => {
    expect(list(recommender, did('liked', 'unknown'))).toHaveLength(IDS.length);
  });

  it('is the same each time', () => {
    const history = [did('liked', 'a'), did('viewed', 'b')];
    expect(list(recommender, ...history)).toEqual(
      list(Recommender.of(trained(), CATALOGUE.toReversed()), ...history),
    );
  });
});

describe('without a model', () => {
  const recommender = Recommender.of(null, CATALOGUE);

  it('a list rests on ingredients', () => {
    expect(list(recommender, did('liked', 'a'))[0]).toEqual({
      id: 'd',
      code: 'similar_ingredients',
      product: 'a',
    });
  });

  it('a list for somebody unknown is the catalogue', () => {
    const items = list(recommender);
    expect(items.map(({ id }) => id)).toEqual(IDS);
    expect(new Set(items.map(({ code }) => code))).toEqual(new Set(['in_catalogue']));
  });

  it('and without a product a list is empty', () => {
    expect(list(Recommender.of(null, []), told(['dry'], []))).toEqual([]);
  });
});

describe('when the catalogue changed after training', () => {
  it('a new product can be recommended by what it is', () => {
    const late = make('late', { concerns: ['dullness'] });
    const recommender = Recommender.of(trained(), [...CATALOGUE, late]);
    expect(list(recommender, told([], ['dullness']))[0]?.id).toBe('late');
  });

  it('a product that is gone is never shown, yet who liked it can be forgotten', () => {
    const recommender = Recommender.of(trained(), CATALOGUE.slice(0, 5));
    expect(list(recommender, did('liked', 'a')).map(({ id }) => id)).not.toContain('f');
    const before = recommender.model.people;
    recommender.model.forget(recommender.preferencesOf([did('liked', 'a'), did('bought', 'f')]).history);
    expect(recommender.model.people).toBe(before - 1);
  });

  it('a list from a stored model is the list from the model', () => {
    const stored = decodeSnapshot(encodeSnapshot(trained()));
    const history = [did('liked', 'a'), did('saved', 'd')];
    expect(list(Recommender.of(stored, CATALOGUE), ...history)).toEqual(
      list(Recommender.of(trained(), CATALOGUE), ...history),
    );
  });
});
