import { randomUUID } from 'node:crypto';
import { escapeIdentifier } from 'pg';
import { WrongUse } from '../failure.js';
import type { Interruption } from '../interruption.js';
import type { Progress } from '../progress.js';
import { RowFile, refuseExisting } from '../rows/row-file.js';
import type { TokenWish } from '../token-wish.js';
import type { Vault } from '../vault-client.js';
import { ColumnStatements, type Replacement, type TargetRow } from './batches.js';
import type { Entry, Ledger } from './ledger.js';
import type { Statements, TargetDatabase } from './target-database.js';
import { type Column, hasColumn, type TargetTable } from './target-table.js';
import { isToken, type Made, removeAll, tokensFor } from './token-calls.js';

export interface ColumnJob {
  readonly table: TargetTable;
  readonly column: Column;
  readonly wish: TokenWish;
  /** the name of a new column for the values before */
  readonly keep: string | undefined;
  readonly batch: number;
  /** a file for the primary keys of rows that are left as they are, and why */
  readonly left: string;
}

export interface StrangleTools {
  readonly database: TargetDatabase;
  readonly ledger: Ledger;
  readonly vault: Vault;
  readonly progress: Progress;
  readonly interruption: Interruption;
}

interface Left {
  readonly key: readonly string[];
  readonly code: string;
}
interface Looked {
  readonly rows: readonly TargetRow[];
  readonly already: number;
  readonly left: readonly Left[];
}
interface Sorted {
  readonly left: Left[];
  readonly already: number;
  readonly wanted: TargetRow[];
}

/**
 * Puts tokens in place of a column's values, batch by batch in the order of the primary key, or goes on where that was stopped.
 *
 * For each batch: the vault makes its tokens, durably; one transaction puts them into the rows that still are what they were and
 * writes down how far it is. A kill before that transaction repeats the call and gets the same tokens; after it there is nothing
 * to repeat. A value is never gone before its token is there.
 */
export async function strangleColumn(job: ColumnJob, tools: StrangleTools): Promise<Entry> {
  const begun = await begin(job, tools);
  if (begun.finished) return begun;
  const statements = new ColumnStatements(job.table, job.column, keptColumn(job.column, begun.kept));
  const file = await RowFile.open(job.left, 'ndjson', [], begun.leftBytes);
  try {
    return await new Pass(job, tools, statements, file, begun).toEnd();
  } finally {
    await file.close();
  }
}

class Pass {
  constructor(
    private readonly job: ColumnJob,
    private readonly tools: StrangleTools,
    private readonly statements: ColumnStatements,
    private readonly file: RowFile,
    private entry: Entry,
  ) {}

  async toEnd(): Promise<Entry> {
    const { database, progress, interruption } = this.tools;
    progress.begin(await this.statements.count(database), this.entry.looked);
    try {
      for (;;) {
        interruption.check();
        const rows = await this.statements.read(database, this.entry.after, this.job.batch);
        if (rows.length === 0) return await this.finish();
        await this.take(rows);
        progress.at(this.entry.looked, `${this.entry.refused + this.entry.changed} left`);
      }
    } finally {
      progress.end();
    }
  }

  private async take(rows: readonly TargetRow[]): Promise<void> {
    const sort = sorted(rows, this.job.wish);
    const values = sort.wanted.map(textIn);
    const made = await tokensFor(this.tools.vault, values, wishOf(this.job.wish), this.place());
    const { replacements, refused } = matched(sort.wanted, made);
    const left = [...sort.left, ...refused];
    const { entry, unused } = await this.tools.database.transaction((tx) =>
      this.put(tx, replacements, { rows, already: sort.already, left }),
    );
    this.entry = entry;
    // Only now: had the transaction failed, the same tokens would come again. What others could have got as well stays.
    if (this.job.wish.type === 'random') await removeAll(this.tools.vault, unused);
  }

  private async put(
    tx: Statements,
    replacements: readonly Replacement[],
    { rows, already, left }: Looked,
  ): Promise<{ entry: Entry; unused: string[] }> {
    const done = replacements.length > 0 ? await this.statements.replace(tx, replacements) : [];
    const missed = replacements.flatMap(({ key, token }, at) =>
      done[at] === 'done' ? [] : [{ key, token, code: `row.${done[at]}` }],
    );
    const lines = [...left, ...missed].map(({ key, code }) => leftLine(this.job, key, code));
    // A transaction that is tried again writes the same lines at the same place.
    await this.file.rewrite(this.entry.leftBytes, lines);
    const entry = this.after(rows, { already, refused: left.length, changed: missed.length });
    await this.tools.ledger.write(tx, entry);
    return { entry, unused: missed.map(({ token }) => token) };
  }

  private after(
    rows: readonly TargetRow[],
    { already, refused, changed }: Pick<Entry, 'already' | 'changed' | 'refused'>,
  ): Entry {
    const { entry } = this;
    const values = rows.filter(
      ({ value, isTooLong }) => isTooLong || (value !== null && value !== ''),
    ).length;
    return {
      ...entry,
      after: rows.at(-1)?.key ?? null,
      looked: entry.looked + rows.length,
      made: entry.made + values - already - refused - changed,
      already: entry.already + already,
      refused: entry.refused + refused,
      changed: entry.changed + changed,
      leftBytes: this.file.bytes,
    };
  }

  private async finish(): Promise<Entry> {
    const { database, ledger } = this.tools;
    this.entry = { ...this.entry, finished: true };
    await database.transaction((tx) => ledger.write(tx, this.entry));
    return this.entry;
  }

  private place(): readonly unknown[] {
    const { table, column } = this.job;
    return [table.quoted, column.name, this.entry.pass, this.entry.after, this.entry.looked];
  }
}

/** The column beside, which is of the same type. */
export function keptColumn(column: Column, name: string | null): Column | undefined {
  return name === null ? undefined : { ...column, name, quoted: escapeIdentifier(name) };
}

/** The primary key of a row and why it was left; never its value. */
export function leftLine(
  { table, column }: Pick<ColumnJob, 'column' | 'table'>,
  key: readonly string[],
  code: string,
): ReadonlyMap<string, unknown> {
  const named = Object.fromEntries(table.key.map(({ name }, at) => [name, key[at]]));
  return new Map<string, unknown>([
    ['column', column.name],
    ['key', named],
    ['code', code],
  ]);
}

export function sorted(rows: readonly TargetRow[], { type }: TokenWish): Sorted {
  const left = rows.filter(({ isTooLong }) => isTooLong).map(({ key }) => ({ key, code: 'row.too_long' }));
  const values = rows.filter(({ value }) => value !== null && value !== '');
  const isDone = (row: TargetRow) => type !== 'format-preserving' && isToken(textIn(row));
  const wanted = values.filter((row) => !isDone(row));
  return { left, already: values.length - wanted.length, wanted };
}

/** What came of the values that were sent. */
export function matched(wanted: readonly TargetRow[], made: readonly Made[]) {
  const replacements: Replacement[] = [];
  const refused: Left[] = [];
  for (const [at, row] of wanted.entries()) {
    const one = made[at] ?? { code: 'row.unanswered' };
    if ('token' in one) replacements.push({ key: row.key, old: textIn(row), token: one.token });
    else refused.push({ key: row.key, code: one.code });
  }
  return { replacements, refused };
}

export function textIn({ value }: TargetRow): string {
  return value ?? '';
}

export function wishOf({ field, type, domain }: TokenWish): Omit<TokenWish, 'personColumn'> {
  return { field, type, ...(domain !== undefined && { domain }) };
}

async function begin(job: ColumnJob, tools: StrangleTools): Promise<Entry> {
  const { database, ledger } = tools;
  const wish = JSON.stringify(wishOf(job.wish));
  const found = await ledger.find(database, job.column.name);
  if (found && !found.finished) return goOn(found, wish, job);
  // By their form such tokens can't be told from values: a second pass would make tokens of them.
  if (found && job.wish.type === 'format-preserving') return found;
  if (found?.kept != null && job.keep !== undefined && found.kept !== job.keep) {
    throw new WrongUse(`the values of “${job.column.name}” are kept in “${found.kept}” already`);
  }
  if (!found) refuseExisting([job.left]);
  const entry: Entry = {
    ...{
      column: job.column.name,
      wish,
      pass: randomUUID(),
      after: null,
      kept: found?.kept ?? job.keep ?? null,
    },
    ...{ looked: 0, made: 0, already: 0, refused: 0, changed: 0, leftBytes: 0, finished: false },
  };
  await database.transaction(async (tx) => {
    if (entry.kept !== null && found?.kept == null) await addKept(tx, job, entry.kept);
    await ledger.write(tx, entry);
  });
  return entry;
}

function goOn(found: Entry, wish: string, { column, keep }: ColumnJob): Entry {
  if (found.wish === wish && (keep === undefined || keep === found.kept)) return found;
  throw new WrongUse(
    `“${column.name}” was begun with another field, type, domain or --keep: go on as it was begun`,
  );
}

async function addKept(tx: Statements, { table, column }: ColumnJob, name: string): Promise<void> {
  if (await hasColumn(tx, table, name)) throw new WrongUse(`there is a column “${name}” already`);
  await tx.query(`ALTER TABLE ${table.quoted} ADD COLUMN ${escapeIdentifier(name)} ${column.type}`);
}
