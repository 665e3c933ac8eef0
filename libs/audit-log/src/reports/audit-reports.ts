import type { UnitOfWork } from '@integument/database';
import { readCheckpointUnverified } from '../core/index.js';
import type { SignedCheckpoint } from '../sql/audit-reader.js';
import { REPORTS, type ReportColumn, type ReportName } from './report-catalogue.js';

/** The most rows of a report. One that would have more says so. */
export const MAX_REPORT_ROWS = 10_000;

export type ReportValue = string | number | Date | null;

/** A report of a period, with what ties it to the log. */
export interface AuditReport {
  readonly name: ReportName;
  readonly title: string;
  readonly about: string;
  /** origin of the log */
  readonly log: string;
  readonly from: Date;
  readonly to: Date;
  /** the entries reported of are those in [first, checkpoint.size); before `first` they are archived outside the database */
  readonly first: number;
  readonly checkpoint: SignedCheckpoint;
  readonly madeAt: Date;
  readonly columns: readonly ReportColumn[];
  /** each with a value for each column */
  readonly rows: readonly (readonly ReportValue[])[];
  /** there are more rows than these */
  readonly cut: boolean;
}

interface AuditReportsOptions {
  readonly clock?: () => Date;
  readonly maxRows?: number;
}

/** Makes reports from the index. Who may read one, and that it is audited, is decided before. */
export class AuditReports {
  private readonly options: Required<AuditReportsOptions>;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    options: AuditReportsOptions = {},
  ) {
    this.options = { clock: () => new Date(), maxRows: MAX_REPORT_ROWS, ...options };
  }

  /**
   * @param period by the time that entries bear; `to` is left out
   * @param checkpoint of `EntryQuery.covered()`
   */
  async report(
    name: ReportName,
    { from, to }: { from: Date; to: Date },
    checkpoint: SignedCheckpoint,
  ): Promise<AuditReport> {
    const { maxRows, clock } = this.options;
    const { title, about, columns, statement, actions } = REPORTS[name];
    const first = await this.firstPosition();
    const values = [from.getTime(), to.getTime(), checkpoint.size, first, maxRows + 1];
    const found = await this.unitOfWork.single((tx) =>
      tx.query(statement, actions ? [...values, actions] : values),
    );
    const rows = found
      .slice(0, maxRows)
      .map((row) => columns.map((column) => asValue(row[column.key], column)));
    const log = readCheckpointUnverified(checkpoint.note).origin;
    const cut = found.length > maxRows;
    return { name, title, about, log, from, to, first, checkpoint, madeAt: clock(), columns, rows, cut };
  }

  /** What was archived away must not be half reported: only the index of it may still be here. */
  private async firstPosition(): Promise<number> {
    const text = 'SELECT coalesce(max(size), 0) AS first FROM audit_archive';
    const [row] = await this.unitOfWork.single((tx) => tx.query<{ first: string }>(text));
    return Number(row?.first);
  }
}

function asValue(value: unknown, { kind }: ReportColumn): ReportValue {
  if (value instanceof Date) return value;
  // PostgreSQL's texts, and its bigints as texts.
  if (typeof value !== 'string') return null;
  if (kind === 'number') return Number(value);
  return kind === 'list' ? namesOf(value) : value;
}

/** A JSON array of names, as an entry has it; anything else is shown as it stands. */
function namesOf(json: string): string {
  try {
    const parsed = JSON.parse(json) as unknown;
    return Array.isArray(parsed) ? parsed.map(String).join(', ') : json;
  } catch {
    return json;
  }
}
