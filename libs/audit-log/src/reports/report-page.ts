import { html, pairs, printedPage } from '@integument/printed';
import type { AuditReport, ReportValue } from './audit-reports.js';
import type { ReportColumn } from './report-catalogue.js';
import { headOf, noticesOf } from './report-formats.js';

/** The report as one self-contained page, for the screen and for paper. Every value is escaped. */
export function reportPage(report: AuditReport): string {
  const { title, about, log } = report;
  const body = [...noticesOf(report).map(notice), head(report), table(report)].join('\n');
  return printedPage({ kicker: 'Audit report', title, of: log, about, body, footer: FOOTER });
}

const FOOTER = [
  'People are named by a commitment, which says nothing to whoever doesn’t hold its salt. Kind and id of who acted are names inside Integument.',
  'This page is evidence of nothing by itself. The log of this size has the root above: check its signed checkpoint, and ask for proofs of single entries, by position.',
];

const notice = (text: string) => `<p class="notice" role="note">${html(text)}</p>`;

function head(report: AuditReport): string {
  return pairs(headOf(report).filter(([heading]) => heading !== 'Notice'));
}

function table({ title, columns, rows }: AuditReport): string {
  if (rows.length === 0) return '<p class="empty">The log has nothing of this kind in this period.</p>';
  const headings = columns.map((column) => `<th scope="col"${classOf(column)}>${html(column.heading)}</th>`);
  const lines = rows.map((row) => `<tr>${row.map((value, n) => cell(value, columns[n])).join('')}</tr>`);
  return `<div class="scroll" role="region" aria-label="${html(title)}" tabindex="0">
<table>
<caption>${html(title)}: ${rows.length} ${rows.length === 1 ? 'row' : 'rows'}, times in UTC</caption>
<thead><tr>${headings.join('')}</tr></thead>
<tbody>
${lines.join('\n')}
</tbody>
</table>
</div>`;
}

function cell(value: ReportValue, column: ReportColumn | undefined): string {
  const attributes = column ? classOf(column) : '';
  if (value === null) return `<td${attributes}><span class="none">–</span></td>`;
  if (!(value instanceof Date)) return `<td${attributes}>${html(String(value))}</td>`;
  const iso = value.toISOString();
  return `<td${attributes}><time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 19)}</time></td>`;
}

const classOf = ({ kind }: ReportColumn) => (kind === 'text' || kind === 'list' ? '' : ` class="${kind}"`);
