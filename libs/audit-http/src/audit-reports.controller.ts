import {
  AuditLog,
  type AuditReport,
  AuditReports,
  EntryQuery,
  reportCsv,
  reportJson,
  reportPage,
} from '@integument/audit-log';
import { type AuditReportFormat, readAuditReport } from '@integument/contracts';
import { UnitOfWork } from '@integument/database';
import { Answer, AskedBy, type Asker, by, download, Implements, Input, type InputOf } from '@integument/http';
import { PRINTED_PAGE_CSP } from '@integument/printed';
import { Controller, type StreamableFile } from '@nestjs/common';
import { noCheckpoint } from './audit-problems.js';
import { reportRead } from './read-audits.js';

/** Reports of a period: who revealed, was refused, exported, looked at whom. */
@Controller()
export class AuditReportsController {
  constructor(
    private readonly audit: AuditLog,
    private readonly query: EntryQuery,
    private readonly reports: AuditReports,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Implements(readAuditReport)
  async report(
    @AskedBy() asker: Asker,
    @Input() { params, query: { format, ...period } }: InputOf<typeof readAuditReport>,
  ): Promise<Answer<StreamableFile>> {
    const covered = await this.query.covered();
    if (!covered) throw noCheckpoint();
    const within = { from: new Date(period.from), to: new Date(period.to) };
    const report = await this.reports.report(params.report, within, covered);
    const details = { ...params, ...period, format, size: covered.size };
    await this.unitOfWork.single((tx) =>
      this.audit.append(tx, reportRead({ ...by(asker), count: report.rows.length, details })),
    );
    return FORMATS[format](report);
  }
}

const FORMATS: Readonly<Record<AuditReportFormat, (report: AuditReport) => Answer<StreamableFile>>> = {
  html: (report) =>
    Answer.of(download(reportPage(report), { mediaType: 'text/html; charset=utf-8' }), {
      headers: { 'content-security-policy': PRINTED_PAGE_CSP },
    }),
  csv: (report) =>
    Answer.of(
      download(reportCsv(report), {
        mediaType: 'text/csv; charset=utf-8',
        name: `${report.log}-${report.name}-of-${report.checkpoint.size}.csv`,
      }),
    ),
  json: (report) => Answer.of(download(reportJson(report), { mediaType: 'application/json; charset=utf-8' })),
};
