import { AuditLog, auditSchemaSql } from '@integument/audit-log';
import { client } from '@integument/authz';
import { importProducts, listProducts } from '@integument/contracts';
import { migrate, migration, openDatabase, type Tx, UnitOfWork } from '@integument/database';
import type { Asker } from '@integument/http';
import { freshEmptyDatabase } from '@integument/testing';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { demoCatalogue } from '../../../../../tools/demo-data/catalogue/index.js';
import { productsSchemaSql } from './products.schema.js';
import { ProductsService } from './products.service.js';
import { ProductsStore } from './products.store.js';

const asker: Asker = {
  caller: client({ clientId: 'skin-app', use: 'health', purposes: ['recommendation'] }),
  requestId: 'req-1',
};

const CREAM = {
  id: 'quiet-cream',
  brand: 'Quiet',
  name: 'Cream “N° 5”',
  category: 'moisturiser',
  price: { cents: 1_995, currency: 'EUR' },
  ingredients: ['Aqua', 'Glycerin', '1,2-Hexanediol', "Avena 'Sativa' \\ {Kernel}"],
  concerns: ['redness'],
  skinTypes: ['dry', 'sensitive'],
};

describe('the catalogue', () => {
  let dataSource: DataSource;
  let unitOfWork: UnitOfWork;
  let drop: () => Promise<void>;
  const store = new ProductsStore();
  const service = new ProductsService(store, new AuditLog());

  beforeAll(async () => {
    const database = await freshEmptyDatabase();
    drop = database.drop;
    const migrations = [migration(1, 'audit', auditSchemaSql), migration(2, 'products', productsSchemaSql)];
    dataSource = await openDatabase({ url: database.url, poolSize: 6, applicationName: 'test', migrations });
    await migrate(dataSource);
    unitOfWork = new UnitOfWork(dataSource);
  });
  beforeEach(() => dataSource.query('DELETE FROM audit_staging; DELETE FROM product'));
  afterAll(async () => {
    await dataSource.destroy();
    await drop();
  });

  const run = <T>(work: (tx: Tx) => Promise<T>) => unitOfWork.run(work);
  const bring = (...products: unknown[]) => run((tx) => service.import(tx, asker, products));
  const revision = () => run((tx) => store.getRevision(tx));
  const read = (query: object) =>
    run((tx) =>
      service.list(tx, (listProducts.query as NonNullable<typeof listProducts.query>).parse(query)),
    );
  async function audited(): Promise<{ count: number; details: object; actor: object }[]> {
    const rows = await dataSource.query<{ entry: Buffer }[]>('SELECT entry FROM audit_staging');
    return rows.map(({ entry }) => JSON.parse(entry.toString('utf8')) as never);
  }

  it('gives back what was imported', async () => {
    expect(await bring(CREAM)).toEqual({
      added: 1,
      changed: 0,
      unchanged: 0,
      refused: 0,
      results: [{ id: 'quiet-cream', outcome: 'added' }],
    });
    expect(await read({})).toEqual({ items: [CREAM], next: null });
    expect(await run((tx) => store.findAll(tx))).toEqual([CREAM]);
  });

  it('does not change by the same import again', async () => {
    await bring(...demoCatalogue);
    const before = await revision();
    const again = await bring(...demoCatalogue);
    expect(again).toMatchObject({ added: 0, changed: 0, unchanged: demoCatalogue.length, refused: 0 });
    expect(await revision()).toBe(before);
  });

  it.each([
    ['price', { price: { cents: 2_095, currency: 'EUR' } }],
    ['currency', { price: { cents: 1_995, currency: 'CHF' } }],
    ['name', { name: 'Cream' }],
    ['brand', { brand: 'Loud' }],
    ['category', { category: 'mask' }],
    ['order of ingredients', { ingredients: CREAM.ingredients.toReversed() }],
    ['concerns', { concerns: [] }],
    ['skin types', { skinTypes: ['dry'] }],
  ])('takes over a changed %s, and says so to those who hold a copy', async (_what, change) => {
    await bring(CREAM);
    const before = await revision();
    expect(await bring({ ...CREAM, ...change })).toMatchObject({ added: 0, changed: 1 });
    expect((await read({})).items).toEqual([{ ...CREAM, ...change }]);
    expect(await revision()).toBeGreaterThan(before);
  });

  it('takes the right entries of an import and says of the others where they are wrong, not what they hold', async () => {
    const canary = 'canary-value';
    const reply = await bring(
      CREAM,
      { ...CREAM, id: 'no price', price: { cents: -1, currency: canary } },
      { ...CREAM, id: 'other', [canary]: true },
      JSON.parse(`{"__proto__": {"id": "${canary}"}}`),
      canary,
      null,
      { ...CREAM, name: 'Another' },
      { ...CREAM, id: 'other', concerns: [canary] },
    );
    expect(reply).toMatchObject({ added: 1, refused: 7 });
    expect(
      reply.results.map((result) => ('code' in result ? [result.code, ...result.fields] : result.outcome)),
    ).toEqual([
      'added',
      ['products.invalid', 'id', 'price.cents', 'price.currency'],
      ['products.invalid', ''],
      expect.arrayContaining(['products.invalid']),
      ['products.invalid', ''],
      ['products.invalid', ''],
      ['products.repeated', 'id'],
      ['products.invalid', 'concerns.0'],
    ]);
    expect(JSON.stringify([reply, await audited()])).not.toContain(canary);
    expect(importProducts.reply?.parse(reply)).toEqual(reply);
  });

  it('has one audit entry for each import, in its transaction', async () => {
    await bring(CREAM, null);
    const [entry, ...others] = await audited();
    expect(others).toEqual([]);
    expect(entry).toMatchObject({
      action: 'products.import',
      actor: { kind: 'client', id: 'skin-app' },
      count: 1,
      details: { added: 1, changed: 0, unchanged: 0, refused: 1 },
    });
    const undone = run(async (tx) => {
      await service.import(tx, asker, [{ ...CREAM, id: 'undone' }]);
      throw new Error('later failure');
    });
    await expect(undone).rejects.toThrow('later failure');
    expect(await audited()).toHaveLength(1);
    expect((await read({})).items).toHaveLength(1);
  });

  it('is read page by page, each product once, in all categories or one', async () => {
    await bring(...demoCatalogue);
    for (const category of [undefined, 'serum'] as const) {
      const expected = demoCatalogue
        .filter((each) => !category || each.category === category)
        .map(({ id }) => id);
      const pages: (readonly { readonly id: string }[])[] = [];
      let cursor: string | null = null;
      do {
        const page: Awaited<ReturnType<typeof read>> = await read({
          limit: '7',
          category,
          ...(cursor && { cursor }),
        });
        pages.push(page.items);
        cursor = page.next;
      } while (cursor);
      expect(pages.flat().map(({ id }) => id)).toEqual(expected.toSorted());
      expect(pages.slice(0, -1).every((page) => page.length === 7)).toBe(true);
      expect(pages.at(-1)?.length).toBeGreaterThan(0);
    }
  });

  it.each(['LS0t', '____', Buffer.from("x' OR true --").toString('base64url')])(
    'refuses the cursor %s that it did not give out',
    async (cursor) => {
      await expect(run((tx) => service.list(tx, { cursor, limit: 5 }))).rejects.toThrow('request.invalid');
    },
  );

  it('knows which products exist', async () => {
    await bring(CREAM);
    expect(await run((tx) => store.findKnown(tx, ['quiet-cream', 'unknown']))).toEqual(
      new Set(['quiet-cream']),
    );
    expect(await run((tx) => store.findKnown(tx, []))).toEqual(new Set());
  });

  it('survives imports that overlap in opposite order, without a deadlock', async () => {
    const products = demoCatalogue.slice(0, 60);
    const priced = (cents: number) =>
      products.map((each) => ({ ...each, price: { cents, currency: 'EUR' } }));
    for (let round = 0; round < 10; round++) {
      await Promise.all([bring(...priced(round)), bring(...priced(1_000 + round).reverse())]);
    }
    const prices = (await run((tx) => store.findAll(tx))).map(({ price }) => price.cents);
    // One of them came last, as a whole.
    expect(new Set(prices).size).toBe(1);
  });

  it('takes 1,000 products at once', async () => {
    const many = Array.from({ length: 1_000 }, (_, at) => ({ ...CREAM, id: `p${at}` }));
    expect(await bring(...many)).toMatchObject({ added: 1_000, refused: 0 });
  });
});
