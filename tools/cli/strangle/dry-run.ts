import { TOKENS_MAX } from '@integument/contracts';
import type { RowFile } from '../rows/row-file.js';
import { ColumnStatements } from './batches.js';
import { type ColumnJob, leftLine, type StrangleTools, sorted, textIn, wishOf } from './strangler.js';
import { checkWish } from './token-calls.js';
import { trialOf } from './trial.js';

/** A trial may need an entry beside the values. */
const ROWS_MAX = TOKENS_MAX - 1;

export interface DryCounts {
  readonly looked: number;
  readonly fit: number;
  readonly already: number;
  readonly refused: ReadonlyMap<string, number>;
  /** whether the run itself can refuse nothing else */
  readonly isWhole: boolean;
}

/** What a run would do, without doing it. The table is read over a connection that can't change it. */
export async function dryRun(
  job: ColumnJob,
  { database, vault, progress, interruption }: Omit<StrangleTools, 'ledger'>,
  file: RowFile,
): Promise<DryCounts> {
  const wished = wishOf(job.wish);
  await checkWish(vault, wished);
  const trial = await trialOf(vault, wished);
  const statements = new ColumnStatements(job.table, job.column, undefined);
  const tally = new Tally(trial.isWhole);
  progress.begin(await statements.count(database), 0);
  try {
    for (let after: readonly string[] | null = null; ; ) {
      interruption.check();
      const rows = await statements.read(database, after, Math.min(job.batch, ROWS_MAX));
      if (rows.length === 0) return tally;
      const { wanted, already, left } = sorted(rows, job.wish);
      const outcomes = await trial.outcomes(wanted.map(textIn));
      const refused = wanted.flatMap(({ key }, at) => {
        const code = outcomes[at] ?? null;
        return code === null ? [] : [{ key, code }];
      });
      const all = [...left, ...refused];
      await file.append(all.map(({ key, code }) => leftLine(job, key, code)));
      tally.add(rows.length, wanted.length - refused.length, already, all);
      after = rows.at(-1)?.key ?? null;
      progress.at(tally.looked, '');
    }
  } finally {
    progress.end();
  }
}

class Tally implements DryCounts {
  looked = 0;
  fit = 0;
  already = 0;
  readonly refused = new Map<string, number>();

  constructor(readonly isWhole: boolean) {}

  add(looked: number, fit: number, already: number, left: readonly { readonly code: string }[]): void {
    this.looked += looked;
    this.fit += fit;
    this.already += already;
    for (const { code } of left) this.refused.set(code, (this.refused.get(code) ?? 0) + 1);
  }
}
