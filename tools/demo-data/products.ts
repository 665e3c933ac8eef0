import type { ProductCategory, SkinConcern, SkinType } from '@integument/contracts';

/** A product as it is imported. */
export interface DemoProduct {
  readonly id: string;
  readonly brand: string;
  readonly name: string;
  readonly category: ProductCategory;
  readonly price: { readonly cents: number; readonly currency: string };
  readonly ingredients: readonly string[];
  readonly concerns: readonly SkinConcern[];
  readonly skinTypes: readonly SkinType[];
}

const BRAND = 'Demo Apothecary';
const DRY: SkinType[] = ['dry', 'sensitive', 'normal'];
const OILY: SkinType[] = ['oily', 'combination'];
const ANY: SkinType[] = ['dry', 'oily', 'combination', 'normal', 'sensitive'];

function product(
  id: string,
  name: string,
  category: ProductCategory,
  euros: number,
  ingredients: string[],
  concerns: SkinConcern[],
  skinTypes: SkinType[],
): DemoProduct {
  const price = { cents: euros * 100, currency: 'EUR' };
  return {
    id,
    brand: BRAND,
    name,
    category,
    price,
    ingredients: ['Aqua', ...ingredients],
    concerns,
    skinTypes,
  };
}

/** A small invented range: enough to look at, like and be recommended something. */
export const DEMO_PRODUCTS: DemoProduct[] = [
  product(
    'oat-milk-cleanser',
    'Oat Milk Cleanser',
    'cleanser',
    14,
    ['Avena Sativa Kernel Extract'],
    ['redness'],
    DRY,
  ),
  product('gel-wash', 'Balancing Gel Wash', 'cleanser', 12, ['Salicylic Acid', 'Zinc PCA'], ['acne'], OILY),
  product(
    'lactic-5',
    'Lactic Acid 5 %',
    'exfoliant',
    18,
    ['Lactic Acid'],
    ['dullness', 'uneven-texture'],
    ANY,
  ),
  product('bha-2', 'BHA 2 % Liquid', 'exfoliant', 21, ['Salicylic Acid'], ['acne', 'large-pores'], OILY),
  product('rose-mist', 'Rose Water Mist', 'toner', 11, ['Rosa Damascena Flower Water'], ['dehydration'], ANY),
  product(
    'niacinamide-10',
    'Niacinamide 10 %',
    'serum',
    16,
    ['Niacinamide'],
    ['large-pores', 'hyperpigmentation'],
    OILY,
  ),
  product('hyaluronic', 'Hyaluronic Serum', 'serum', 19, ['Sodium Hyaluronate'], ['dehydration'], ANY),
  product('vitamin-c-15', 'Vitamin C 15 %', 'serum', 32, ['Ascorbic Acid'], ['dullness', 'sun-damage'], ANY),
  product(
    'retinal-01',
    'Retinal 0.1 %',
    'treatment',
    38,
    ['Retinal'],
    ['ageing', 'uneven-texture'],
    ['normal', 'oily'],
  ),
  product('azelaic-10', 'Azelaic Acid 10 %', 'treatment', 24, ['Azelaic Acid'], ['redness', 'acne'], ANY),
  product(
    'ceramide-cream',
    'Ceramide Cream',
    'moisturiser',
    27,
    ['Ceramide NP'],
    ['barrier-damage', 'eczema-prone'],
    DRY,
  ),
  product('water-gel', 'Light Water Gel', 'moisturiser', 22, ['Glycerin'], ['dehydration'], OILY),
  product('squalane', 'Squalane Oil', 'face-oil', 17, ['Squalane'], ['barrier-damage'], DRY),
  product('caffeine-eye', 'Caffeine Eye Gel', 'eye-care', 20, ['Caffeine'], ['dark-circles'], ANY),
  product(
    'mineral-50',
    'Mineral Sunscreen SPF 50',
    'sunscreen',
    26,
    ['Zinc Oxide'],
    ['sun-damage', 'redness'],
    ANY,
  ),
  product('clay-mask', 'Clay Mask', 'mask', 15, ['Kaolin'], ['large-pores'], OILY),
];
