import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { escapeIdentifier } from 'pg';
import { Failure, WrongUse } from '../failure.js';
import { isForgotten } from '../import/state.js';
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
  /** tokens that nobody has written down may have been left in the vault by a stop */
  readonly acceptRepeat: boolean;
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
 * For each batch: the vault makes its tokens, durably; they are written down; one transaction puts them into the rows that still
 * are what they were and writes down how far it is. A kill before they are written down repeats the call and gets the same tokens,
 * as long as the values are the same; a kill behind that removes them, since applications may have written other values. After the
 * transaction there is nothing to repeat. A value is never gone before its token is there.
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
        const rows = await this.statements.read(database, this.entry.after, this.job.batch, this.since());
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
    const { replacements, refused } = matched(sort.wanted, await this.make(sort.wanted.map(textIn)));
    const left = [...sort.left, ...refused];
    const { entry, unused } = await this.tools.database.transaction((tx) =>
      this.put(tx, replacements, { rows, already: sort.already, left }),
    );
    this.entry = entry;
    // Only now: had the transaction failed, the same tokens would come again. What others could have got as well stays.
    if (this.isRandom) await removeAll(this.tools.vault, unused);
  }

  /** A random token that is in no row would be a value that no erasure and no client finds. Of others there is nothing to write down. */
  private async make(values: readonly string[]): Promise<readonly Made[]> {
    const isNoted = this.isRandom && values.length > 0;
    if (isNoted) await this.note({ sending: this.entry.sending ?? new Date().toISOString(), pending: [] });
    const made = await tokensFor(this.tools.vault, values, wishOf(this.job.wish), this.place());
    const pending = made.flatMap((one) => ('token' in one ? [one.token] : []));
    if (isNoted) await this.note({ sending: null, pending });
    return made;
  }

  private async note(change: Pick<Entry, 'pending' | 'sending'>): Promise<void> {
    this.entry = { ...this.entry, ...change };
    await this.tools.ledger.write(this.tools.database, this.entry);
  }

  private get isRandom(): boolean {
    return this.job.wish.type === 'random';
  }

  /** Others are told from values by their form. */
  private since(): string | null {
    return this.job.wish.type === 'format-preserving' ? this.entry.begun : null;
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
    const unused = missed.map(({ token }) => token);
    const counts = this.after(rows, { already, refused: left.length, changed: missed.length });
    const entry = { ...counts, pending: this.isRandom ? unused : [] };
    await this.tools.ledger.write(tx, entry);
    return { entry, unused };
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
    this.entry = { ...this.entry, finished: true, pending: [] };
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
  const tooLong = rows.filter(({ isTooLong }) => isTooLong).map(({ key }) => ({ key, code: 'row.too_long' }));
  const all = rows.filter(({ value }) => value !== null && value !== '');
  const values = all.filter(({ isNew }) => !isNew);
  const left = [
    ...tooLong,
    ...all.filter(({ isNew }) => isNew).map(({ key }) => ({ key, code: 'row.written' })),
  ];
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
  const found = await ledger.find(database, job.column.name);
  if (found) checkWish(found, job);
  if (found && !found.finished) return goOn(found, job, tools);
  // By their form such tokens can't be told from values: a second pass would make tokens of them.
  if (found && job.wish.type === 'format-preserving') return found;
  if (found?.kept != null && job.keep !== undefined && found.kept !== job.keep) {
    throw new WrongUse(`the values of “${job.column.name}” are kept in “${found.kept}” already`);
  }
  if (found?.left !== resolve(job.left)) refuseExisting([job.left]);
  return database.transaction(async (tx) => {
    const entry = newEntry(job, found?.kept ?? job.keep ?? null, await ledger.now(tx));
    if (entry.kept !== null && found?.kept == null) await addKept(tx, job, entry.kept);
    await ledger.write(tx, entry);
    return entry;
  });
}

function newEntry(job: ColumnJob, kept: string | null, begun: string): Entry {
  return {
    ...{ column: job.column.name, wish: JSON.stringify(wishOf(job.wish)), pass: randomUUID(), kept, begun },
    ...{ looked: 0, made: 0, already: 0, refused: 0, changed: 0, after: null, finished: false },
    ...{ left: resolve(job.left), leftBytes: 0, sending: null, pending: [] },
  };
}

/** Of another wish, what stands there now could be tokens that look like values: they would be lost under tokens of tokens. */
function checkWish({ wish }: Entry, job: ColumnJob): void {
  if (wish === JSON.stringify(wishOf(job.wish))) return;
  throw new WrongUse(
    `“${job.column.name}” was begun with another field, type or domain, and may hold such tokens: go on as it was begun`,
  );
}

async function goOn(found: Entry, { column, keep, left, acceptRepeat }: ColumnJob, tools: StrangleTools) {
  if (keep !== undefined && keep !== found.kept)
    throw new WrongUse(`“${column.name}” was begun with another --keep: go on as it was begun`);
  if (found.left !== resolve(left))
    throw new WrongUse(`“${column.name}” was begun with another --left: ${found.left}`);
  const forgotten = isForgotten(found, new Date());
  if (forgotten && !acceptRepeat) {
    throw new Failure(
      `tokens for a batch were asked for when this was stopped, more than a day ago, and would be made twice: see docs/moving-in.md, or accept that with --accept-repeat`,
    );
  }
  if (found.pending.length > 0) return await withoutPending(found, tools);
  return forgotten ? { ...found, sending: null } : found;
}

/** What was made and not put: removed, under another pass, since the vault would tell the same ones again. */
async function withoutPending(found: Entry, { database, ledger, vault }: StrangleTools): Promise<Entry> {
  const entry = { ...found, pass: randomUUID() };
  await ledger.write(database, entry);
  await removeAll(vault, found.pending);
  return { ...entry, pending: [] };
}

async function addKept(tx: Statements, { table, column }: ColumnJob, name: string): Promise<void> {
  if (await hasColumn(tx, table, name)) throw new WrongUse(`there is a column “${name}” already`);
  await tx.query(`ALTER TABLE ${table.quoted} ADD COLUMN ${escapeIdentifier(name)} ${column.type}`);
}
