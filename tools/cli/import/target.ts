import type { enrolPeople, makeTokens } from '@integument/contracts';
import { RowRefusal } from '../rows/refused.js';
import type { Row } from '../rows/row.js';

/** What is sent for a row: nothing, an entry, or one for each of its columns; or why it is not sent. */
export type Prepared = { readonly entries: readonly string[] } | RowRefusal;

/** As the route answers one entry: a code, or what it became. */
export type RouteResult = Readonly<Record<string, unknown>>;

export function refusalOf(result: RouteResult | undefined): RowRefusal {
  const { code, fields } = (result ?? {}) as { code?: string; fields?: string[] };
  return new RowRefusal(code ?? 'row.unanswered', fields);
}

export interface Settled {
  /** the row that the caller keeps, or why there is none */
  readonly kept: ReadonlyMap<string, unknown> | RowRefusal;
  /** tokens that stand for a value of a refused row, and would be nobody's */
  readonly orphans: readonly string[];
}

/** What a row becomes in the vault. */
export interface Target {
  readonly route: typeof enrolPeople | typeof makeTokens;
  /** most entries and bytes of one call */
  readonly most: { readonly entries: number; readonly bytes: number };
  /** columns that are read */
  readonly columns: readonly string[];
  /** everything that decides what is sent, for telling one import from another */
  readonly identity: string;
  /** columns of the rows that are kept, of those that a file has */
  keptColumns(columns: readonly string[]): string[];
  prepare(row: Row): Prepared;
  body(entries: readonly string[]): string;
  /** @param results of the row's entries, in their order */
  settle(row: Row, results: readonly RouteResult[]): Settled;
}
