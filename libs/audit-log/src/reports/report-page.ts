import { createHash } from 'node:crypto';
import type { AuditReport, ReportValue } from './audit-reports.js';
import type { ReportColumn } from './report-catalogue.js';
import { headOf, noticesOf } from './report-formats.js';
import { REPORT_STYLE } from './report-style.js';

/** Lets a page of {@link reportPage} have its own style, by its hash, and nothing else: no script, no request. */
export const REPORT_PAGE_CSP = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(REPORT_STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The report as one self-contained page, for the screen and for paper. Every value is escaped. */
export function reportPage(report: AuditReport): string {
  const { title, about, log } = report;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${html(title)} – ${html(log)}</title>
<style>${REPORT_STYLE}</style>
</head>
<body>
<main>
<header>
<p class="kicker">Audit report</p>
<h1>${html(title)}</h1>
<p class="about">${html(about)}</p>
</header>
${noticesOf(report).map(notice).join('\n')}
${head(report)}
${table(report)}
<footer>
<p>People are named by a commitment, which says nothing to whoever doesn’t hold its salt. Kind and id of who acted are names inside Integument.</p>
<p>This page is evidence of nothing by itself. The log of this size has the root above: check its signed checkpoint, and ask for proofs of single entries, by position.</p>
</footer>
</main>
</body>
</html>
`;
}

const notice = (text: string) => `<p class="notice" role="note">${html(text)}</p>`;

function head(report: AuditReport): string {
  const pairs = headOf(report)
    .filter(([heading]) => heading !== 'Notice')
    .map(([heading, value]) => `<div><dt>${html(heading)}</dt><dd>${html(value)}</dd></div>`);
  return `<dl>\n${pairs.join('\n')}\n</dl>`;
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

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

// Patterns keep such characters out of entries. A page must hold when what it shows was not written by us.
function html(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
