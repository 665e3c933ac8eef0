import type { Statement, Tx, UnitOfWork } from '@integument/database';

/** One position of the log as the database has it. */
export interface RunEntry {
  readonly position: number;
  /** null: not in the database, moved to an archive or taken out */
  readonly bytes: Buffer | null;
}

const RUN: Statement = {
  name: 'audit_entry_run',
  text: `
  SELECT position, entry FROM audit_entry
  WHERE position >= $1::bigint AND position < least($1::bigint + $2::bigint, (SELECT size FROM audit_head))
  UNION ALL
  SELECT size, NULL FROM audit_head
  ORDER BY position`,
};

/** Reads integrated entries in order, for whoever follows the log. */
export class EntryRun {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  /**
   * The entries from a position on; none where the log ends there. Every position appears, also one whose entry is gone:
   * a reader that only saw rows would pass by a hole without a word.
   * @param limit entries at most
   */
  read(from: number, limit: number): Promise<RunEntry[]> {
    return this.unitOfWork.single((tx) => readRun(tx, from, limit));
  }
}

/** The same in a transaction that is open already. */
export async function readRun(tx: Tx, from: number, limit: number): Promise<RunEntry[]> {
  const rows = await tx.query<{ position: string; entry: Buffer | null }>(RUN, [from, limit]);
  const size = Number(rows.at(-1)?.position ?? 0);
  const found = new Map(rows.slice(0, -1).map(({ position, entry }) => [Number(position), entry]));
  const length = Math.max(0, Math.min(limit, size - from));
  return Array.from({ length }, (_, n) => ({ position: from + n, bytes: found.get(from + n) ?? null }));
}
