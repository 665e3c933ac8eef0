import { randomUUID } from 'node:crypto';
import type { RowFile } from '../rows/row-file.js';
import { ColumnStatements } from './batches.js';
import {
  type ColumnJob,
  leftLine,
  matched,
  type StrangleTools,
  sorted,
  textIn,
  wishOf,
} from './strangler.js';
import { checkWish, removeAll, tokensFor } from './token-calls.js';

/** Should the process die between making and removing: these end by themselves. */
const LIFE_MS = 15 * 60_000;

export interface DryCounts {
  readonly looked: number;
  readonly fit: number;
  readonly already: number;
  readonly refused: ReadonlyMap<string, number>;
}

/**
 * What a run would do, without doing it. Only the vault can say which values it takes, and it says so when it makes tokens. So
 * each value gets one, random and ending soon whatever type is wanted, so that nobody else can have got the same, and it is
 * removed at once. The table is read over a connection that can't change it.
 */
export async function dryRun(
  job: ColumnJob,
  { database, vault, progress, interruption }: Omit<StrangleTools, 'ledger'>,
  file: RowFile,
): Promise<DryCounts> {
  const wished = wishOf(job.wish);
  await checkWish(vault, wished);
  // Where the field takes no random ones, there is no dry run that nobody could notice.
  if (wished.type !== 'random') await checkWish(vault, { ...wished, type: 'random' });
  const statements = new ColumnStatements(job.table, job.column, undefined);
  const tally = new Tally();
  progress.begin(await statements.count(database), 0);
  try {
    for (let after: readonly string[] | null = null; ; ) {
      interruption.check();
      const rows = await statements.read(database, after, job.batch);
      if (rows.length === 0) return tally;
      const { wanted, already, left } = sorted(rows, job.wish);
      const wish = { ...wishOf(job.wish), type: 'random' as const, expiresAt: soon() };
      const made = await tokensFor(vault, wanted.map(textIn), wish, [randomUUID()]);
      const { replacements, refused } = matched(wanted, made);
      await removeAll(
        vault,
        replacements.map(({ token }) => token),
      );
      const all = [...left, ...refused];
      await file.append(all.map(({ key, code }) => leftLine(job, key, code)));
      tally.add(rows.length, replacements.length, already, all);
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

  add(looked: number, fit: number, already: number, left: readonly { readonly code: string }[]): void {
    this.looked += looked;
    this.fit += fit;
    this.already += already;
    for (const { code } of left) this.refused.set(code, (this.refused.get(code) ?? 0) + 1);
  }
}

function soon(): string {
  return new Date(Date.now() + LIFE_MS).toISOString();
}
