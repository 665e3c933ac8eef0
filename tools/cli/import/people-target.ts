import { enrolPeople, IDENTITY_FIELDS } from '@integument/contracts';
import { WrongUse } from '../failure.js';
import { RowRefusal } from '../rows/refused.js';
import type { Row } from '../rows/row.js';
import { entryOf, textOfCell } from './cell.js';
import { KeptColumns } from './kept-columns.js';
import { type Prepared, type RouteResult, refusalOf, type Settled, type Target } from './target.js';

const ADDRESS = 'postal_address';
const LINES = ['line1', 'line2', 'line3', 'line4'] as const;
const ADDRESS_PARTS = [...LINES, 'locality', 'region', 'postcode', 'country'].map(
  (part) => `${ADDRESS}.${part}`,
);
const SUBJECT = 'account.subject';
const REGION = 'region';
/** What a column can become. A whole `postal_address` is an object of a file of JSON. */
const PEOPLE_FIELDS: readonly string[] = [...IDENTITY_FIELDS, ...ADDRESS_PARTS, SUBJECT, REGION];

const MOST = { entries: 1_000, bytes: 3 * 1024 * 1024 } as const;

export interface PeopleMapping {
  /** columns by field */
  readonly map: ReadonlyMap<string, string>;
  /** where the pseudonym goes */
  readonly personColumn: string;
  /** columns that aren't kept */
  readonly drop: readonly string[];
}

/** Rows become people: what identifies them goes to the vault, and its name for them stands in its place. */
export class PeopleTarget implements Target {
  readonly route = enrolPeople;
  readonly most = MOST;
  readonly columns: readonly string[];
  readonly identity: string;
  readonly #kept: KeptColumns;

  /** @throws {WrongUse} */
  constructor(private readonly mapping: PeopleMapping) {
    const { map, personColumn, drop } = mapping;
    if (map.size === 0) throw new WrongUse('say which columns are which fields: --map email=E-Mail');
    const unknown = [...map.keys()].find((field) => !PEOPLE_FIELDS.includes(field));
    if (unknown !== undefined) {
      throw new WrongUse(`“${unknown}” is no field of people; there are ${PEOPLE_FIELDS.join(', ')}`);
    }
    if (map.has(ADDRESS) && ADDRESS_PARTS.some((part) => map.has(part))) {
      throw new WrongUse('an address is mapped whole or by its parts');
    }
    this.columns = [...map.values()];
    this.identity = JSON.stringify(['people', [...map].sort(), personColumn, [...drop].sort()]);
    this.#kept = new KeptColumns([...this.columns, ...drop]);
  }

  keptColumns(columns: readonly string[]): string[] {
    const { personColumn } = this.mapping;
    const kept = this.#kept.of(columns);
    if (kept.includes(personColumn)) {
      throw new WrongUse(
        `there is a column “${personColumn}” already: name another one with --person-column`,
      );
    }
    return [personColumn, ...kept];
  }

  prepare({ cells }: Row): Prepared {
    const fields: Record<string, unknown> = {};
    const rest: Record<string, unknown> = {};
    for (const [field, column] of this.mapping.map) {
      const value = field === ADDRESS ? objectOf(cells.get(column)) : textOfCell(cells, column);
      if (value === undefined) continue;
      if (value instanceof RowRefusal) return value;
      if (field === SUBJECT) rest.account = { subject: value };
      else if (field === REGION) rest.region = value;
      else fields[field] = value;
    }
    const known = withAddress(fields);
    if (Object.keys(known).length === 0) return new RowRefusal('row.empty');
    const entry = entryOf({ fields: known, ...rest }, this.columns[0] ?? '');
    return typeof entry === 'string' ? { entries: [entry] } : entry;
  }

  body(entries: readonly string[]): string {
    return `{"people":[${entries.join(',')}]}`;
  }

  settle(row: Row, [result]: readonly RouteResult[]): Settled {
    if (!result || !('person' in result)) return { kept: refusalOf(result), orphans: [] };
    const kept = new Map([[this.mapping.personColumn, result.person], ...this.#kept.cellsOf(row)]);
    return { kept, orphans: [] };
  }
}

function objectOf(cell: unknown): object | undefined {
  if (cell === undefined || cell === null || cell === '') return undefined;
  return typeof cell === 'object' ? cell : new RowRefusal('row.not_address', [ADDRESS]);
}

/** The parts of an address put together; what the vault wants of one it says itself. */
function withAddress(fields: Record<string, unknown>): Record<string, unknown> {
  const parts = Object.entries(fields).filter(([name]) => name.startsWith(`${ADDRESS}.`));
  if (parts.length === 0) return fields;
  const others = Object.entries(fields).filter(([name]) => !name.startsWith(`${ADDRESS}.`));
  const byName = new Map(parts.map(([name, value]) => [name.slice(ADDRESS.length + 1), value]));
  const lines = LINES.flatMap((name) => byName.get(name) ?? []);
  const rest = [...byName].filter(([name]) => !LINES.some((line) => line === name));
  return { ...Object.fromEntries(others), [ADDRESS]: { lines, ...Object.fromEntries(rest) } };
}
