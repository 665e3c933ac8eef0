import type { AuditLog } from '@integument/audit-log';
import {
  type importProducts,
  type listProducts,
  type Product,
  product,
  productId,
  type QueryOf,
  type ReplyOf,
} from '@integument/contracts';
import type { Tx } from '@integument/database';
import { type Asker, by } from '@integument/http';
import { productsImported } from './products.audit.js';
import { cursorInvalid } from './products.errors.js';
import type { ProductsStore } from './products.store.js';

type ImportReply = ReplyOf<typeof importProducts>;
type Refusal = Extract<ImportReply['results'][number], { code: string }>;
type Checked = { readonly product: Product } | { readonly refusal: Refusal };

/** Names in a refusal at most: enough to mend an entry, not enough to be a way to make us talk. */
const MOST_FIELDS = 20;

export class ProductsService {
  constructor(
    private readonly store: ProductsStore,
    private readonly audit: AuditLog,
  ) {}

  /** Takes in what can be and says of each other entry why not. The same import again changes nothing. */
  async import(tx: Tx, asker: Asker, entries: readonly unknown[]): Promise<ImportReply> {
    const checked = refuseRepeated(entries.map(check));
    const products = checked.flatMap((entry) => ('product' in entry ? [entry.product] : []));
    const written = products.length > 0 ? await this.store.upsert(tx, products) : new Map<string, never>();
    if (written.size > 0) await this.store.raiseRevision(tx);
    const added = [...written.values()].filter((outcome) => outcome === 'added').length;
    const counts = {
      added,
      changed: written.size - added,
      unchanged: products.length - written.size,
      refused: entries.length - products.length,
    };
    await this.audit.append(tx, productsImported({ ...by(asker), count: products.length, details: counts }));
    const results = checked.map((entry) =>
      'refusal' in entry
        ? entry.refusal
        : { id: entry.product.id, outcome: written.get(entry.product.id) ?? ('unchanged' as const) },
    );
    return { ...counts, results };
  }

  /** @throws CodedError `request.invalid` */
  async list(tx: Tx, query: QueryOf<typeof listProducts>): Promise<ReplyOf<typeof listProducts>> {
    const after = query.cursor === undefined ? '' : fromCursor(query.cursor);
    // One more than asked for tells whether there is a next page.
    const found = await this.store.findPage(tx, after, query.limit + 1, query.category);
    const items = found.slice(0, query.limit);
    const last = items.at(-1);
    return { items, next: found.length > query.limit && last ? toCursor(last.id) : null };
  }
}

function check(entry: unknown): Checked {
  const parsed = product.safeParse(entry);
  if (parsed.success) return { product: parsed.data };
  // Only names that the contract declares: zod puts an unknown one beside the path, not on it.
  const fields = parsed.error.issues.map(({ path }) => path.map(String).join('.'));
  return { refusal: { code: 'products.invalid', fields: [...new Set(fields)].slice(0, MOST_FIELDS) } };
}

/** The first of two entries with one id counts: which of them is meant isn't ours to guess. */
function refuseRepeated(checked: readonly Checked[]): Checked[] {
  const ids = new Set<string>();
  return checked.map((entry) => {
    if ('refusal' in entry) return entry;
    if (ids.has(entry.product.id)) return { refusal: { code: 'products.repeated', fields: ['id'] } };
    ids.add(entry.product.id);
    return entry;
  });
}

function toCursor(id: string): string {
  return Buffer.from(id, 'utf8').toString('base64url');
}

function fromCursor(cursor: string): string {
  const id = productId.safeParse(Buffer.from(cursor, 'base64url').toString('utf8'));
  if (!id.success) throw cursorInvalid();
  return id.data;
}
