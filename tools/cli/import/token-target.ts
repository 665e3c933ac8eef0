import { makeTokens, TOKENS_MAX } from '@integument/contracts';
import { WrongUse } from '../failure.js';
import { RowRefusal } from '../rows/refused.js';
import type { Row } from '../rows/row.js';
import type { TokenWish } from '../token-wish.js';
import { entryOf, textOfCell } from './cell.js';
import { KeptColumns } from './kept-columns.js';
import { type Prepared, type RouteResult, refusalOf, type Settled, type Target } from './target.js';

const MOST = { entries: TOKENS_MAX, bytes: 12 * 1024 * 1024 } as const;

export interface TokenMapping {
  readonly wishes: ReadonlyMap<string, TokenWish>;
  readonly drop: readonly string[];
}

/** Values of some columns become tokens, each in its place. A row whose values can't all have one is refused whole. */
export class TokenTarget implements Target {
  readonly route = makeTokens;
  readonly most = MOST;
  readonly columns: readonly string[];
  readonly identity: string;
  readonly #kept: KeptColumns;

  constructor(private readonly mapping: TokenMapping) {
    const { wishes, drop } = mapping;
    if (wishes.size === 0) throw new WrongUse('say which columns get tokens: --column E-Mail=field:email');
    const persons = [...wishes.values()].flatMap(({ personColumn }) => personColumn ?? []);
    this.columns = [...new Set([...wishes.keys(), ...persons])];
    this.identity = JSON.stringify(['tokens', [...wishes].sort(), [...drop].sort()]);
    this.#kept = new KeptColumns(drop);
  }

  keptColumns(columns: readonly string[]): string[] {
    return this.#kept.of(columns);
  }

  prepare({ cells }: Row): Prepared {
    const entries: string[] = [];
    for (const [column, wish] of this.mapping.wishes) {
      const entry = entryFor(cells, column, wish);
      if (entry instanceof RowRefusal) return entry;
      if (entry !== undefined) entries.push(entry);
    }
    return { entries };
  }

  body(entries: readonly string[]): string {
    return `{"values":[${entries.join(',')}]}`;
  }

  settle(row: Row, results: readonly RouteResult[]): Settled {
    const sent = [...this.mapping.wishes].flatMap(([column, wish]) =>
      entryFor(row.cells, column, wish) === undefined ? [] : [column],
    );
    const tokens = new Map(sent.map((column, at) => [column, tokenOf(results[at])]));
    const refused = [...tokens].flatMap(([column, token]) =>
      token instanceof RowRefusal ? { column, token } : [],
    );
    const [first] = refused;
    if (first) {
      const columns = refused.map(({ column }) => column);
      return { kept: new RowRefusal(first.token.code, columns), orphans: this.orphans(tokens) };
    }
    const kept = this.#kept.cellsOf(row).map(([name, cell]) => [name, tokens.get(name) ?? cell] as const);
    return { kept: new Map(kept), orphans: [] };
  }

  /** Random ones alone: another row can have got the same one of another type. */
  private orphans(tokens: ReadonlyMap<string, RowRefusal | string>): string[] {
    return [...tokens].flatMap(([column, token]) =>
      typeof token === 'string' && this.mapping.wishes.get(column)?.type === 'random' ? [token] : [],
    );
  }
}

function entryFor(
  cells: ReadonlyMap<string, unknown>,
  column: string,
  { field, type, domain, personColumn }: TokenWish,
): RowRefusal | string | undefined {
  const cell = cells.get(column);
  const isAddress = field === 'postal_address' && typeof cell === 'object' && cell !== null;
  const value = isAddress ? cell : textOfCell(cells, column);
  if (value === undefined) return undefined;
  if (value instanceof RowRefusal) return value;
  const person = personColumn === undefined ? undefined : textOfCell(cells, personColumn);
  // Without a person the token would outlive their erasure: nothing that is left out by mistake.
  if (personColumn !== undefined && typeof person !== 'string')
    return new RowRefusal('row.no_person', [personColumn]);
  return entryOf({ field, value, type, domain, person }, column);
}

function tokenOf(result: RouteResult | undefined): RowRefusal | string {
  return typeof result?.token === 'string' ? result.token : refusalOf(result);
}
