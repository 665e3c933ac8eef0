export { ACTION_SETS, BREAK_GLASS } from './action-sets.js';
export { type AuditReport, AuditReports, MAX_REPORT_ROWS } from './audit-reports.js';
export { REPORTS, type ReportName } from './report-catalogue.js';
export { reportCsv, reportJson } from './report-formats.js';
export { reportPage } from './report-page.js';
