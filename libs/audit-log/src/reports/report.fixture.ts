import { generateNoteKey, NoteSigner, signCheckpoint } from '../core/index.js';
import type { AuditReport, ReportValue } from './audit-reports.js';
import { REPORTS, type ReportName } from './report-catalogue.js';

const root = Buffer.alloc(32, 7);
const signer = NoteSigner.parse(generateNoteKey('test.example/audit').skey);

/** A report with these rows, whatever stands in them. */
export function reportOf(
  name: ReportName,
  rows: readonly (readonly ReportValue[])[],
  changes: Partial<AuditReport> = {},
): AuditReport {
  const { title, about, columns } = REPORTS[name];
  return {
    name,
    title,
    about,
    log: signer.name,
    from: new Date('2026-03-01'),
    to: new Date('2026-04-01'),
    first: 0,
    checkpoint: {
      size: 42,
      root,
      note: signCheckpoint({ size: 42, root }, signer),
      signedAt: new Date('2026-04-02'),
    },
    madeAt: new Date('2026-04-03'),
    columns,
    rows,
    cut: false,
    ...changes,
  };
}
