import { z } from 'zod';
import { page, pageQuery } from './page.js';
import { defineRoute } from './route.js';
import { oneLine } from './values.js';

/** Words a product can be described with. Fixed, so that they may stand in reasons, filters and profiles. */
export const PRODUCT_CATEGORIES = [
  'cleanser',
  'exfoliant',
  'toner',
  'essence',
  'serum',
  'eye-care',
  'moisturiser',
  'face-oil',
  'sunscreen',
  'mask',
  'treatment',
  'lip-care',
  'body-care',
] as const;
export const SKIN_TYPES = ['dry', 'oily', 'combination', 'normal', 'sensitive'] as const;
export const SKIN_CONCERNS = [
  'acne',
  'ageing',
  'barrier-damage',
  'dark-circles',
  'dehydration',
  'dullness',
  'eczema-prone',
  'hyperpigmentation',
  'large-pores',
  'redness',
  'sun-damage',
  'uneven-texture',
] as const;

export type ProductCategory = (typeof PRODUCT_CATEGORIES)[number];
export type SkinType = (typeof SKIN_TYPES)[number];
export type SkinConcern = (typeof SKIN_CONCERNS)[number];

const MAX_PRODUCTS = 1_000;

/** As it is shown: nothing in it that can't be seen, either. */
const line = (max: number) => oneLine(max, /\p{C}/u);

/** A set: what is named twice counts once. */
function setOf<Item extends z.ZodType>(item: Item, max: number) {
  return z
    .array(item)
    .max(max)
    .transform((items) => [...new Set(items)]);
}

export const productId = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/)
  .describe('The importer’s own name of the product: an article number, a slug')
  .brand<'ProductId'>();
export type ProductId = z.output<typeof productId>;

export const productCategory = z.enum(PRODUCT_CATEGORIES);

export const product = z.strictObject({
  id: productId,
  brand: line(100),
  name: line(200),
  category: productCategory,
  price: z.strictObject({
    cents: z.int().min(0).max(100_000_000).describe('In hundredths of the currency'),
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/)
      .describe('ISO 4217'),
  }),
  ingredients: z.array(line(120)).max(200).describe('INCI names in the order of the label'),
  concerns: setOf(z.enum(SKIN_CONCERNS), SKIN_CONCERNS.length).describe('What it is meant to help with'),
  skinTypes: setOf(z.enum(SKIN_TYPES), SKIN_TYPES.length).describe('Whom it suits'),
});
export type Product = z.output<typeof product>;

export const importProducts = defineRoute({
  id: 'products.import',
  method: 'POST',
  path: '/v1/products/import',
  routeClass: 'bulk',
  summary: 'Add or replace up to 1,000 products; each is answered for itself',
  tag: 'Products',
  audience: ['health-client', 'staff'],
  ability: { action: 'import', resource: 'Product' },
  body: z.strictObject({
    // Entries are checked one by one, so that a wrong one does not fail its neighbours.
    products: z
      .array(z.unknown().meta({ ...z.toJSONSchema(product, { io: 'input' }), $schema: undefined }))
      .min(1)
      .max(MAX_PRODUCTS)
      .describe('The same import again changes nothing'),
  }),
  bodyLimit: 8 * 1024 * 1024,
  reply: z.object({
    added: z.int(),
    changed: z.int(),
    unchanged: z.int(),
    refused: z.int(),
    results: z
      .array(
        z.union([
          z.object({ id: productId, outcome: z.enum(['added', 'changed', 'unchanged']) }),
          z.object({ code: z.enum(['products.invalid', 'products.repeated']), fields: z.array(z.string()) }),
        ]),
      )
      .describe('In the order of the request'),
  }),
});

export const listProducts = defineRoute({
  id: 'products.list',
  method: 'GET',
  path: '/v1/products',
  summary: 'Read the catalogue page by page',
  tag: 'Products',
  audience: ['person', 'health-client', 'staff'],
  ability: { action: 'read', resource: 'Product' },
  query: pageQuery.extend({ category: productCategory.optional() }),
  // Without the limits of an import, which may be others than they were at the time.
  reply: page(product.extend({ brand: z.string(), name: z.string(), ingredients: z.array(z.string()) })),
});
