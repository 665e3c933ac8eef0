import {
  type HeldToken,
  type IdentityField,
  type RevealResult,
  readPerson,
  revealPerson,
} from '@integument/contracts';
import { Failure } from '../failure.js';
import type { Interruption } from '../interruption.js';
import type { Progress } from '../progress.js';
import type { RevealWish } from '../reveal-wish.js';
import { RowRefusal, refusedRow } from '../rows/refused.js';
import type { Row } from '../rows/row.js';
import { type Cells, lineOf, type RowFile } from '../rows/row-file.js';
import type { Source } from '../rows/source.js';
import { paceOf, TokenReveals } from '../token-reveals.js';
import { Refusal, type Vault } from '../vault-client.js';

const ROWS = 500;
/** people who are asked about at the same time */
const AT_ONCE = 8;

export interface ExportWish {
  /** the column with pseudonyms */
  readonly person: string | undefined;
  readonly fields: readonly IdentityField[];
  /** columns with tokens; the field where they keep their values' format */
  readonly tokens: ReadonlyMap<string, { readonly field?: string; readonly domain?: string }>;
  readonly reveal: RevealWish;
}

export interface ExportTools {
  readonly vault: Vault;
  readonly progress: Progress;
  readonly interruption: Interruption;
}

/** The rows of a file with values again where pseudonyms and tokens are: what an import at another vault takes. */
export class Exporter {
  read = 0;
  refused = 0;
  readonly #reveals: TokenReveals;

  constructor(
    private readonly wish: ExportWish,
    private readonly source: Source,
    private readonly left: RowFile,
    private readonly tools: ExportTools,
  ) {
    this.#reveals = new TokenReveals(tools.vault, wish.reveal, paceOf(tools.interruption));
  }

  /** @param total how many rows there are, for whoever waits */
  async *lines(total: number): AsyncGenerator<string> {
    const { progress, interruption } = this.tools;
    progress.begin(total, 0);
    try {
      for await (const rows of batchesOf(this.source.rows(this.source.start))) {
        interruption.check();
        const told = await this.tell(rows);
        await this.note(rows, told);
        progress.at(this.read, `${this.refused} refused`);
        for (const one of told) if (!(one instanceof RowRefusal)) yield lineOf(one);
      }
      await this.source.check();
    } finally {
      progress.end();
    }
  }

  private async note(rows: readonly Row[], told: readonly (Cells | RowRefusal)[]): Promise<void> {
    const bad = rows.flatMap((row, at) => {
      const one = told[at];
      return one instanceof RowRefusal ? [refusedRow(row, one)] : [];
    });
    await this.left.append(bad);
    this.read += rows.length;
    this.refused += bad.length;
  }

  private async tell(rows: readonly Row[]): Promise<(Cells | RowRefusal)[]> {
    const values = await this.tokensOf(rows);
    const told: (Cells | RowRefusal)[] = [];
    for (let at = 0; at < rows.length; at += AT_ONCE) {
      const some = rows.slice(at, at + AT_ONCE);
      told.push(
        ...(await Promise.all(some.map((row, of) => this.tellRow(row, values[at + of] ?? new Map())))),
      );
    }
    return told;
  }

  private async tellRow(
    { cells, broken }: Row,
    values: ReadonlyMap<string, RevealResult>,
  ): Promise<Cells | RowRefusal> {
    if (broken) return new RowRefusal(broken);
    const refused = [...values].flatMap(([column, one]) =>
      'code' in one ? [{ column, code: one.code }] : [],
    );
    if (refused[0])
      return new RowRefusal(
        refused[0].code,
        refused.map(({ column }) => column),
      );
    const person = await this.personIn(cells);
    if (person instanceof RowRefusal) return person;
    const plain = [...cells].map(([name, cell]) => [name, valueIn(values.get(name)) ?? cell] as const);
    return new Map<string, unknown>([...plain, ...person]);
  }

  private async personIn(cells: Cells): Promise<Cells | RowRefusal> {
    const name = this.wish.person === undefined ? undefined : cells.get(this.wish.person);
    if (typeof name !== 'string' || name === '') return new Map();
    const params = { person: name };
    const body = JSON.stringify({ fields: this.wish.fields, ...this.wish.reveal });
    try {
      const { fields } = await this.tools.vault.call(revealPerson, { params, body });
      const { region } = await this.tools.vault.call(readPerson, { params });
      return new Map<string, unknown>(Object.entries(region === null ? fields : { ...fields, region }));
    } catch (error) {
      return refusalOfOne(error, this.wish.person ?? '');
    }
  }

  private async tokensOf(rows: readonly Row[]): Promise<Map<string, RevealResult>[]> {
    const told = rows.map(() => new Map<string, RevealResult>());
    const asked = rows.flatMap((row, at) => this.heldIn(row).map((one) => ({ ...one, at })));
    const results = await this.#reveals.reveal(asked.map(({ held }) => held));
    for (const [place, { at, column }] of asked.entries()) {
      told[at]?.set(column, results[place] ?? { code: 'tokens.not_found' });
    }
    return told;
  }

  private heldIn({ cells, broken }: Row): { column: string; held: HeldToken }[] {
    if (broken) return [];
    return [...this.wish.tokens].flatMap(([column, of]) => {
      const cell = cells.get(column);
      if (typeof cell !== 'string' || cell === '') return [];
      const held = of.field === undefined ? cell : { token: cell, ...of };
      return [{ column, held: held as HeldToken }];
    });
  }
}

/** Of this person; what concerns everybody is thrown on. */
function refusalOfOne(error: unknown, column: string): RowRefusal {
  if (!(error instanceof Refusal)) throw error;
  if (![400, 403, 404].includes(error.status) && error.code !== 'people.broken') throw error;
  if (error.code === 'people.purpose_not_allowed')
    throw new Failure('this client reveals nothing for that purpose');
  return new RowRefusal(error.code, [column]);
}

function valueIn(told: RevealResult | undefined): unknown {
  return told && 'value' in told ? told.value : undefined;
}

async function* batchesOf(rows: AsyncIterable<Row>): AsyncGenerator<Row[]> {
  let batch: Row[] = [];
  for await (const row of rows) {
    batch.push(row);
    if (batch.length < ROWS) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
