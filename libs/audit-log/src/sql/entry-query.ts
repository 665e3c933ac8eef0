import type { Statement, UnitOfWork } from '@integument/database';
import type { SignedCheckpoint } from './audit-reader.js';
import { INDEX_FOLLOWER } from './entry-index.js';
import { CursorInvalid, type EntryCursor, formatCursor, parseCursor } from './entry-query-cursor.js';

/** What to look for; everything given must fit. Texts as they stand in the entry. */
export interface EntryFilter {
  /** at or after, by the time that entries bear */
  readonly from?: Date | undefined;
  /** before */
  readonly to?: Date | undefined;
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  /** base64url of the commitment */
  readonly subject?: string | undefined;
  readonly purpose?: string | undefined;
  readonly outcome?: 'done' | 'refused' | undefined;
  readonly code?: string | undefined;
}

export interface StoredEntry {
  readonly position: number;
  /** as stored and hashed; whether it still is what was signed, a proof tells */
  readonly entry: Buffer;
}

export interface FoundEntries {
  /** entries that were searched: [0, size), a signed checkpoint's */
  readonly size: number;
  readonly entries: readonly StoredEntry[];
  /** cursor of the next page; null on the last one */
  readonly next: string | null;
}

/** The index is being rebuilt and has not come as far again as this cursor's first page was. */
export class IndexBehind extends Error {
  override readonly name = 'IndexBehind';
}

// A size that was signed, so that whoever reads a page can have proofs for all of it.
const COVERED: Statement = {
  name: 'audit_query_covered',
  text: `
  SELECT c.size, c.root, c.note, c.signed_at, f.position AS indexed, h.size AS head
  FROM audit_head h, audit_follower f,
    LATERAL (SELECT * FROM audit_checkpoint WHERE size <= f.position ORDER BY size DESC LIMIT 1) c
  WHERE f.name = $1`,
};

interface CoveredRow {
  readonly size: string;
  readonly root: Buffer;
  readonly note: string;
  readonly signed_at: Date;
  readonly indexed: string;
  readonly head: string;
}

interface Row {
  readonly position: string;
  readonly at: Date;
  readonly entry: Buffer;
}

/** Entries that one statement of {@link EntryQuery.all} reads: 8 MiB at most. */
const RUN_LENGTH = 1_000;

/**
 * Finds entries by the index, ordered by time and position, over a fixed prefix of the log: later entries don't move the pages of
 * somebody who reads on. Who may, and that it is audited, is decided before.
 */
export class EntryQuery {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  /** The newest signed checkpoint of which every entry is indexed; null while there is none. */
  async covered(): Promise<SignedCheckpoint | null> {
    const row = await this.coveredRow();
    return row && { size: Number(row.size), root: row.root, note: row.note, signedAt: row.signed_at };
  }

  /**
   * A page of what fits.
   * @param page.cursor `next` of the page before, with the same filter; without it the first page, over all that is indexed now
   * @returns null while nothing is signed and indexed
   * @throws {CursorInvalid | IndexBehind}
   */
  async page(
    filter: EntryFilter,
    { cursor, limit }: { cursor?: string | undefined; limit: number },
  ): Promise<FoundEntries | null> {
    const covered = await this.coveredRow();
    if (!covered) return null;
    const after = cursor === undefined ? undefined : parseCursor(cursor);
    if (after && after.size > Number(covered.head)) throw new CursorInvalid();
    if (after && after.size > Number(covered.indexed)) throw new IndexBehind();
    return this.read(filter, after?.size ?? Number(covered.size), after, limit);
  }

  /** Everything that fits within the first `size` entries, some at a time: in short statements and constant memory. */
  async *all(filter: EntryFilter, size: number): AsyncGenerator<readonly StoredEntry[]> {
    for (let after: EntryCursor | undefined; ; ) {
      const { entries, next } = await this.read(filter, size, after, RUN_LENGTH);
      if (entries.length > 0) yield entries;
      if (next === null) return;
      after = parseCursor(next);
    }
  }

  private async read(
    filter: EntryFilter,
    size: number,
    after: EntryCursor | undefined,
    limit: number,
  ): Promise<FoundEntries> {
    // One more than asked for tells whether there is a next page.
    const { text, values } = pageStatement(filter, size, after, limit + 1);
    const rows = await this.unitOfWork.single((tx) => tx.query<Row>(text, values));
    const entries = rows.slice(0, limit).map((row) => ({ position: Number(row.position), entry: row.entry }));
    const last = rows.length > limit ? rows[limit - 1] : undefined;
    const next = last && formatCursor({ size, at: last.at.getTime(), position: Number(last.position) });
    return { size, entries, next: next ?? null };
  }

  private async coveredRow(): Promise<CoveredRow | null> {
    const rows = await this.unitOfWork.single((tx) => tx.query<CoveredRow>(COVERED, [INDEX_FOLLOWER]));
    return rows[0] ?? null;
  }
}

const EQUAL = ['actor', 'action', 'subject', 'purpose', 'outcome', 'code'] as const;

/**
 * The statement of one page. Built of the filters that are given and not prepared, so that it is planned for just these values: which
 * index serves best depends on them.
 */
export function pageStatement(
  filter: EntryFilter,
  size: number,
  after: EntryCursor | undefined,
  limit: number,
): { text: string; values: unknown[] } {
  const values: unknown[] = [];
  const value = (given: unknown) => `$${values.push(given)}`;
  const time = (ms: number) => `to_timestamp(${value(ms)}::double precision / 1000)`;
  const conditions = [`i.position < ${value(size)}::bigint`];
  if (filter.from) conditions.push(`i.at >= ${time(filter.from.getTime())}`);
  if (filter.to) conditions.push(`i.at < ${time(filter.to.getTime())}`);
  for (const column of EQUAL) {
    if (filter[column] !== undefined) conditions.push(`i.${column} = ${value(filter[column])}`);
  }
  if (after) conditions.push(`(i.at, i.position) > (${time(after.at)}, ${value(after.position)}::bigint)`);
  // OFFSET 0 keeps the planner from anything but looking up each entry as it comes by the index's order, and so from reading
  // more than a page. An entry that was archived away has no row there and doesn't count.
  const text = `
    SELECT i.position, i.at, e.entry
    FROM audit_index i, LATERAL (SELECT entry FROM audit_entry WHERE position = i.position OFFSET 0) e
    WHERE ${conditions.join(' AND ')}
    ORDER BY i.at, i.position LIMIT ${value(limit)}::bigint`;
  return { text, values };
}
