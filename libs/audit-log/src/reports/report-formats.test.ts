import { createHash } from 'node:crypto';
import { PRINTED_PAGE_CSP } from '@integument/printed';
import { describe, expect, it } from 'vitest';
import { reportOf } from './report.fixture.js';
import { reportCsv, reportJson } from './report-formats.js';
import { reportPage } from './report-page.js';

// The log's patterns keep all of these out. Pages and files must hold without them.
const HOSTILE = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '</style><script>alert(1)</script>',
  '&lt;b&gt;',
  '=HYPERLINK("http://evil.test")',
  '+1+cmd|’/C calc’!A0',
  '-2+3',
  '@SUM(1)',
  '\tTAB',
  'a,b"c\r\nd',
];
const at = new Date('2026-03-02T10:11:12.345Z');
const refusal = (text: string) => ['staff', text, text, text, 3, at, at];
const report = reportOf('refusals', HOSTILE.map(refusal), { log: '<b>log</b>', title: '<i>title</i>' });

describe('the page of a report', () => {
  const page = reportPage(report);

  it('shows hostile values and runs none of them', () => {
    const body = page.slice(page.indexOf('<body>'));
    const tags = [...body.matchAll(/<\/?([a-z0-9]+)/gi)].map(([, name]) => name);
    expect(new Set(tags)).toEqual(
      new Set(
        'html body main header p h1 dl div dt dd table caption thead tr th tbody td time footer'.split(' '),
      ),
    );
    const rest = body.replace(/ (class|role|aria-label|tabindex|scope|datetime)="[^"<>]*"/g, '');
    expect([...rest.matchAll(/<[^>]*>/g)].filter(([tag]) => tag.includes(' '))).toEqual([]);
    expect(body).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(body).toContain('&amp;lt;b&amp;gt;');
    expect(page).toContain('<title>&lt;i&gt;title&lt;/i&gt; – &lt;b&gt;log&lt;/b&gt;</title>');
  });

  it('may use just the style that it has', () => {
    const styles = [...page.matchAll(/<style>([\s\S]*?)<\/style>/g)].map(([, style]) => style ?? '');
    expect(styles).toHaveLength(1);
    const hash = createHash('sha256')
      .update(styles[0] ?? '')
      .digest('base64');
    expect(PRINTED_PAGE_CSP).toContain(`style-src 'sha256-${hash}'`);
    expect(PRINTED_PAGE_CSP).not.toContain('unsafe');
    const tags = [...page.matchAll(/<[^>]*>/g)].join('');
    expect(tags).not.toMatch(/\s(style|src|href|on\w+)=/);
    expect(styles[0]).not.toMatch(/url\(|@import/);
  });

  it('can be tied to the log when it is printed', () => {
    for (const fact of [
      'the first 42',
      report.checkpoint.root.toString('base64'),
      '2026-03-01T00:00:00.000Z',
      '2026-04-02',
    ]) {
      expect(page).toContain(fact);
    }
    expect(page).toContain('<time datetime="2026-03-02T10:11:12.345Z">2026-03-02 10:11:12</time>');
  });

  it('says when it is cut, when entries are archived, and when there is nothing', () => {
    expect(page).not.toContain('class="notice"');
    const cut = reportPage({ ...report, cut: true, first: 17 });
    expect(cut).toContain(
      '<p class="notice" role="note">Cut after 11 rows. Ask for a shorter period to see the rest.</p>',
    );
    expect(cut).toContain('Entries before position 17 are archived and not part of this report.');
    expect(cut).toContain('positions 17 to 41');
    expect(reportPage(reportOf('reveals', []))).toContain('nothing of this kind');
  });

  it('names a table’s headings as such', () => {
    expect(page).toContain('<html lang="en">');
    expect([...page.matchAll(/<th scope="col"/g)]).toHaveLength(report.columns.length);
    expect(page).toContain('<caption>');
  });
});

describe('the CSV of a report', () => {
  const csv = reportCsv(report);

  it('lets no spreadsheet run a cell', () => {
    for (const start of ['=', '+', '-', '@', '\t']) {
      expect(csv).not.toContain(`,${start}`);
      expect(csv).not.toContain(`,"${start}`);
    }
    expect(csv).toContain('staff,"\'=HYPERLINK(""http://evil.test"")"');
  });

  it('keeps a cell in its place, whatever is in it', () => {
    expect(csv).toContain('"a,b""c\r\nd"');
    const table = csv.slice(csv.indexOf('\r\n\r\n') + 4);
    expect(table.split('\r\n')[0]).toBe('Kind,Who,Action,Code,Times,First,Last');
  });

  it('begins with what ties it to the log, and with what is missing', () => {
    const [head = ''] = reportCsv({ ...report, cut: true }).split('\r\n\r\n');
    expect(head.split('\r\n').map((record) => record.split(',')[0])).toEqual([
      'Report',
      'Log',
      'From',
      'To (left out)',
      'Entries covered',
      'Root of the log at this size',
      'Signed at',
      'Made at',
      'Rows',
      'Notice',
    ]);
  });
});

it('the JSON of a report has the signed checkpoint that covers it, and rows by name', () => {
  const parsed = JSON.parse(reportJson(reportOf('refusals', [refusal('x')]))) as Record<string, unknown>;
  expect(parsed).toMatchObject({
    report: 'refusals',
    cut: false,
    covered: { first: 0, size: 42, root: Buffer.alloc(32, 7).toString('base64') },
    rows: [
      {
        actor_kind: 'staff',
        actor: 'x',
        action: 'x',
        code: 'x',
        count: 3,
        first: at.toISOString(),
        last: at.toISOString(),
      },
    ],
  });
  expect((parsed.covered as { checkpoint: string }).checkpoint).toContain('test.example/audit\n42\n');
});
