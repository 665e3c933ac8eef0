import type { UnitOfWork } from '@integument/database';

/** Tables in which a purpose's rows lie in the order in which people came, each with an index in an order that tells nothing. */
const TABLES = [
  ['permit_gate', 'permit_gate_pk'],
  ['consent_event', 'consent_event_pk'],
  ['consent_receipt', 'consent_receipt_pk'],
  ['preference_event', 'preference_event_pk'],
  ['reading_chunk', 'reading_chunk_pk'],
  ['cohort_facts', 'cohort_facts_pk'],
  ['fault_report', 'fault_report_pk'],
  ['fault_counted', 'fault_counted_pk'],
  ['opt_out_clock', 'opt_out_clock_pk'],
  ['permit_hold', 'permit_hold_pk'],
] as const;

/** How long others may be kept waiting by who waits for a table itself. */
const LOCK_WITHIN_MS = 200;
/** And how long while it is rewritten, locked: less than they wait for a connection. What takes longer is left as it was. */
const REWRITTEN_WITHIN_MS = 3_000;
/** What would take longer is not begun each hour in vain. */
const LARGEST_BYTES = 256 * 1024 * 1024;

/**
 * Rewrites tables in the order of their random ids. PostgreSQL puts a new row where the last one was put, so that whoever agrees to two
 * purposes one after the other has rows side by side in both, and a dump has them so, too: it would join what has no name in common.
 */
export class ScatteredRows {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly rewrittenWithinMs = REWRITTEN_WITHIN_MS,
  ) {}

  /** @returns tables that were left as they are: too large, too slow, or in use just then */
  async scatter(): Promise<string[]> {
    const left: string[] = [];
    for (const [table, index] of TABLES) if (!(await this.rewrite(table, index))) left.push(table);
    return left;
  }

  private rewrite(table: string, index: string): Promise<boolean> {
    return this.unitOfWork
      .run(async (tx) => {
        const [row] = await tx.query<{ bytes: string }>('SELECT pg_table_size($1::regclass) AS bytes', [
          table,
        ]);
        if (Number(row?.bytes) > LARGEST_BYTES) return false;
        await tx.query(`SET LOCAL lock_timeout = ${LOCK_WITHIN_MS}`);
        await tx.query(`SET LOCAL statement_timeout = ${this.rewrittenWithinMs}`);
        await tx.query(`CLUSTER ${table} USING ${index}`);
        return true;
      })
      .catch((error: unknown) => {
        if (LEFT.has((error as { code?: unknown }).code)) return false;
        throw error;
      });
  }
}

/** lock_not_available, query_canceled */
const LEFT: ReadonlySet<unknown> = new Set(['55P03', '57014']);
