import { RowRefusal } from '../rows/refused.js';
import type { Place, Row } from '../rows/row.js';
import type { Prepared, Target } from './target.js';

export interface PreparedRow {
  readonly row: Row;
  readonly prepared: Prepared;
}

/** Rows that go to the vault in one call. */
export interface Chunk {
  readonly rows: readonly PreparedRow[];
  readonly entries: readonly string[];
  /** where the next one begins */
  readonly end: Place;
}

/**
 * Cuts rows into calls. Where a chunk ends depends on its own rows alone, so that reading on from the end of any chunk gives
 * the same chunks again.
 */
export async function* chunksOf(
  rows: AsyncIterable<Row>,
  target: Pick<Target, 'most' | 'prepare'>,
): AsyncGenerator<Chunk> {
  let open = new OpenChunk();
  for await (const row of rows) {
    const prepared = row.broken ? new RowRefusal(row.broken) : target.prepare(row);
    if (!open.takes(prepared, target.most)) {
      yield open.closed();
      open = new OpenChunk();
    }
    open.add({ row, prepared });
  }
  if (!open.isEmpty) yield open.closed();
}

class OpenChunk {
  readonly #rows: PreparedRow[] = [];
  readonly #entries: string[] = [];
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#rows.length === 0;
  }

  takes(prepared: Prepared, { entries, bytes }: Target['most']): boolean {
    // Rows that send nothing are counted too: somewhere it has to end.
    if (this.#rows.length >= entries) return false;
    if (this.isEmpty || prepared instanceof RowRefusal) return true;
    const more = bytesOf(prepared.entries);
    return this.#entries.length + prepared.entries.length <= entries && this.#bytes + more <= bytes;
  }

  add({ row, prepared }: PreparedRow): void {
    this.#rows.push({ row, prepared });
    if (prepared instanceof RowRefusal) return;
    this.#entries.push(...prepared.entries);
    this.#bytes += bytesOf(prepared.entries);
  }

  closed(): Chunk {
    const last = this.#rows.at(-1)?.row;
    if (!last) throw new Error('a chunk without rows');
    return { rows: this.#rows, entries: this.#entries, end: last.end };
  }
}

function bytesOf(entries: readonly string[]): number {
  return entries.reduce((sum, entry) => sum + Buffer.byteLength(entry) + 1, 0);
}
