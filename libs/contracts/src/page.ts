import { z } from 'zod';

const PAGE_LIMIT_MAX = 200;

/**
 * Query of a list that is read page by page. The cursor is opaque: what it holds is the feature's business, and a
 * feature must check it like any other input.
 */
export const pageQuery = z.strictObject({
  cursor: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,512}$/)
    .optional()
    .describe('`next` of the page before; absent for the first'),
  limit: z.coerce.number().int().min(1).max(PAGE_LIMIT_MAX).default(50).describe('Items at most'),
});

/** Reply of such a list. `next` is null on the last page. */
export function page<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next: z.string().nullable() });
}
