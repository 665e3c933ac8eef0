import { REFUSED_COLUMNS } from '../rows/refused.js';
import type { Row } from '../rows/row.js';

/** The columns that stay in the caller's rows: all but the named ones, and those in which a run before said what it refused. */
export class KeptColumns {
  readonly #gone: ReadonlySet<string>;

  constructor(gone: readonly string[]) {
    this.#gone = new Set([...gone, ...REFUSED_COLUMNS]);
  }

  /** @param columns that a file has */
  of(columns: readonly string[]): string[] {
    return columns.filter((name) => !this.#gone.has(name));
  }

  cellsOf({ cells }: Row): [string, unknown][] {
    return [...cells].filter(([name]) => !this.#gone.has(name));
  }
}
