import type { Product, ProductCategory, ProductId } from '@integument/contracts';
import { type Tx, textArray } from '@integument/database';

interface ProductRow {
  product_id: string;
  brand: string;
  name: string;
  category: ProductCategory;
  price_cents: number;
  currency: string;
  ingredients: string[];
  concerns: Product['concerns'];
  skin_types: Product['skinTypes'];
}

const COLUMNS = 'product_id, brand, name, category, price_cents, currency, ingredients, concerns, skin_types';

// In the order of ids: two imports that overlap lock their rows in the same order and can't deadlock. An unchanged
// product isn't written, so that an import that is sent again leaves no dead row, and isn't returned.
const UPSERT = {
  name: 'products.upsert',
  text: `INSERT INTO product (${COLUMNS})
    SELECT id, brand, name, category, cents::int, currency, ingredients::jsonb, concerns::jsonb, skin_types::jsonb
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
      AS incoming (id, brand, name, category, cents, currency, ingredients, concerns, skin_types)
    ORDER BY id COLLATE "C"
    ON CONFLICT (product_id) DO UPDATE SET
      (brand, name, category, price_cents, currency, ingredients, concerns, skin_types) =
      (EXCLUDED.brand, EXCLUDED.name, EXCLUDED.category, EXCLUDED.price_cents, EXCLUDED.currency,
       EXCLUDED.ingredients, EXCLUDED.concerns, EXCLUDED.skin_types)
    WHERE (product.brand, product.name, product.category, product.price_cents, product.currency,
           product.ingredients, product.concerns, product.skin_types) IS DISTINCT FROM
      (EXCLUDED.brand, EXCLUDED.name, EXCLUDED.category, EXCLUDED.price_cents, EXCLUDED.currency,
       EXCLUDED.ingredients, EXCLUDED.concerns, EXCLUDED.skin_types)
    -- A row that this statement inserted has never been deleted or replaced by anybody.
    RETURNING product_id, (xmax = 0) AS added`,
};

const PAGE = {
  name: 'products.page',
  text: `SELECT ${COLUMNS} FROM product WHERE product_id > $1 ORDER BY product_id LIMIT $2`,
};
const CATEGORY_PAGE = {
  name: 'products.category_page',
  text: `SELECT ${COLUMNS} FROM product WHERE category = $3 AND product_id > $1 ORDER BY product_id LIMIT $2`,
};

export class ProductsStore {
  /**
   * Adds what is new and replaces what differs.
   * @param products with different ids
   * @returns of each that was written whether it is new; an unchanged one is missing
   */
  async upsert(tx: Tx, products: readonly Product[]): Promise<Map<ProductId, 'added' | 'changed'>> {
    const texts = (of: (product: Product) => string) => textArray(products.map(of));
    const rows = await tx.query<{ product_id: ProductId; added: boolean }>(UPSERT, [
      texts(({ id }) => id),
      texts(({ brand }) => brand),
      texts(({ name }) => name),
      texts(({ category }) => category),
      texts(({ price }) => String(price.cents)),
      texts(({ price }) => price.currency),
      texts(({ ingredients }) => JSON.stringify(ingredients)),
      texts(({ concerns }) => JSON.stringify(concerns)),
      texts(({ skinTypes }) => JSON.stringify(skinTypes)),
    ]);
    return new Map(rows.map((row) => [row.product_id, row.added ? 'added' : 'changed']));
  }

  /** To be called with every change, in its transaction. */
  async raiseRevision(tx: Tx): Promise<void> {
    await tx.query('UPDATE product_catalogue SET revision = revision + 1');
  }

  /** Grows with every change of the catalogue. */
  async getRevision(tx: Tx): Promise<bigint> {
    const [row] = await tx.query<{ revision: string }>('SELECT revision FROM product_catalogue');
    if (!row) throw new Error('the catalogue has no revision');
    return BigInt(row.revision);
  }

  /** In the order of ids, from behind that id. */
  async findPage(tx: Tx, after: string, limit: number, category?: ProductCategory): Promise<Product[]> {
    const rows = category
      ? await tx.query<ProductRow>(CATEGORY_PAGE, [after, limit, category])
      : await tx.query<ProductRow>(PAGE, [after, limit]);
    return rows.map(toProduct);
  }

  /** The whole catalogue, in the order of ids: what a recommender holds. */
  async findAll(tx: Tx): Promise<Product[]> {
    const rows = await tx.query<ProductRow>(`SELECT ${COLUMNS} FROM product ORDER BY product_id`);
    return rows.map(toProduct);
  }

  /** Which of these products exist. */
  async findKnown(tx: Tx, ids: readonly string[]): Promise<Set<string>> {
    const rows = await tx.query<{ product_id: string }>(
      { name: 'products.known', text: 'SELECT product_id FROM product WHERE product_id = ANY($1::text[])' },
      [textArray(ids)],
    );
    return new Set(rows.map((row) => row.product_id));
  }
}

function toProduct(row: ProductRow): Product {
  return {
    // Written by us, so checked before.
    id: row.product_id as ProductId,
    brand: row.brand,
    name: row.name,
    category: row.category,
    price: { cents: row.price_cents, currency: row.currency },
    ingredients: row.ingredients,
    concerns: row.concerns,
    skinTypes: row.skin_types,
  };
}
