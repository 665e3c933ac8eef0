import { type HeldToken, type RevealResult, TOKENS_MAX } from '@integument/contracts';
import type { RevealWish } from '../reveal-wish.js';
import type { RowFile } from '../rows/row-file.js';
import { isSameValue } from '../same-value.js';
import { paceOf, TokenReveals } from '../token-reveals.js';
import { ColumnStatements, type TargetRow } from './batches.js';
import { type ColumnJob, keptColumn, leftLine, type StrangleTools, textIn } from './strangler.js';
import { isToken } from './token-calls.js';

export interface Verified {
  readonly looked: number;
  readonly good: number;
  readonly wrong: number;
  /** revealed, but so would be any text of the format, and nothing was kept to compare with */
  readonly untold: number;
}

/** Of a row that was left, or written later: the file names it. */
const NOT_KEPT = 'verify.not_kept';

type VerifyTools = Omit<StrangleTools, 'ledger'>;

export interface VerifyWish {
  readonly kept: string | null;
  readonly sample: number | undefined;
  /** whether the vault tells a value for every text of the format, tokens or not */
  readonly isEncrypted: boolean;
}

/**
 * Asks the vault for the value of every token, or of some, and compares it with the value that was kept, where one was. What is
 * wrong is written to a file by primary key and code.
 */
export async function verifyColumn(
  job: ColumnJob,
  reveal: RevealWish,
  { kept, sample, isEncrypted }: VerifyWish,
  tools: VerifyTools,
  file: RowFile,
): Promise<Verified> {
  const statements = new ColumnStatements(job.table, job.column, keptColumn(job.column, kept));
  const { progress, interruption, database, vault } = tools;
  const reveals = new TokenReveals(vault, reveal, paceOf(interruption));
  let [looked, good, wrong, untold] = [0, 0, 0, 0];
  progress.begin(sample ?? (await statements.count(database)), 0);
  try {
    for await (const rows of batchesOf(statements, tools, job.batch, sample)) {
      interruption.check();
      const codes = await codesOf(rows, job, reveals, isEncrypted && kept !== null);
      const bad = rows.flatMap(({ key }, at) => (codes[at] ? [leftLine(job, key, codes[at])] : []));
      await file.append(bad);
      looked += rows.length;
      const count = (code: string | null) => codes.filter((one) => one === code).length;
      good += count(null);
      untold += count(NOT_KEPT);
      wrong += bad.length - count(NOT_KEPT);
      progress.at(looked, `${wrong} wrong`);
    }
    return { looked, good, wrong, untold };
  } finally {
    progress.end();
  }
}

async function* batchesOf(
  statements: ColumnStatements,
  { database }: VerifyTools,
  most: number,
  sample: number | undefined,
): AsyncGenerator<TargetRow[]> {
  if (sample !== undefined) {
    const rows = await statements.sample(database, sample);
    for (let at = 0; at < rows.length; at += most) yield rows.slice(at, at + most);
    return;
  }
  for (let after: readonly string[] | null = null; ; ) {
    const rows = await statements.read(database, after, Math.min(most, TOKENS_MAX));
    if (rows.length === 0) return;
    yield rows;
    after = rows.at(-1)?.key ?? null;
  }
}

/** What is wrong with each row: null where nothing is, undefined where there is nothing to look at. */
async function codesOf(
  rows: readonly TargetRow[],
  { wish }: ColumnJob,
  reveals: TokenReveals,
  needsKept: boolean,
): Promise<(string | null | undefined)[]> {
  const isNone = (row: TargetRow) => textIn(row) === '' && !row.isTooLong;
  const says = (row: TargetRow) => wish.type === 'format-preserving' || isToken(textIn(row));
  const asked = rows.filter((row) => !isNone(row) && says(row));
  const tokens = asked.map((row) => (isToken(textIn(row)) ? textIn(row) : heldOf(row, wish)));
  const results = await reveals.reveal(tokens as HeldToken[]);
  const told = new Map(asked.map((row, at) => [row, results[at]]));
  return rows.map((row) => {
    if (isNone(row)) return row.kept === null || row.kept === '' ? undefined : 'verify.lost';
    if (!says(row)) return 'verify.no_token';
    const wrong = wrongIn(told.get(row), row, wish.field);
    return wrong === null && row.kept === null && needsKept ? NOT_KEPT : wrong;
  });
}

function heldOf(row: TargetRow, { field, domain }: ColumnJob['wish']) {
  return { token: textIn(row), field, ...(domain !== undefined && { domain }) };
}

function wrongIn(told: RevealResult | undefined, { kept }: TargetRow, field: string): string | null {
  if (!told || 'code' in told) return told?.code ?? 'verify.unanswered';
  if (told.field !== field) return 'verify.other_field';
  // Of a row that was left while others were kept there is nothing to compare.
  return kept === null || isSameValue(field, kept, told.value) ? null : 'verify.differs';
}
