/** Of a page that is read on the screen and on paper: a landscape sheet whose headings repeat and whose rows don't break. */
export const STYLE = `
:root { color-scheme: light; --ink: #1a2230; --soft: #566173; --line: #d9dee6; --tint: #f5f7fa; --mark: #0b5c7a; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--tint); color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 84rem; margin: 2rem auto; padding: 2.5rem; background: #fff; border: 1px solid var(--line); border-radius: 8px; }
.kicker { margin: 0; color: var(--mark); font-size: .8rem; font-weight: 600; letter-spacing: .08em; text-transform: uppercase; }
h2 { margin: 2.25rem 0 .5rem; font-size: 1.25rem; line-height: 1.3; break-after: avoid; }
h3 { margin: 1.5rem 0 .25rem; font-size: 1rem; break-after: avoid; }
h1 { margin: .1rem 0 .4rem; font-size: 2rem; line-height: 1.2; letter-spacing: -.01em; }
.about { margin: 0; max-width: 48rem; color: var(--soft); }
.notice { margin: 1.5rem 0 0; padding: .7rem 1rem; border-left: 4px solid #b25e00; background: #fff6ea; font-weight: 600; }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: 1rem 2rem; margin: 1.75rem 0; padding: 1.25rem 0; border: solid var(--line); border-width: 1px 0; }
dt { color: var(--soft); font-size: .8rem; }
dd { margin: 0; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: .875rem; }
caption { padding-bottom: .5rem; text-align: left; color: var(--soft); }
th, td { padding: .5rem 1rem .5rem 0; overflow-wrap: break-word; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th { border-bottom: 2px solid var(--ink); font-weight: 600; white-space: nowrap; }
tbody tr:hover { background: var(--tint); }
th.number, td.number { text-align: right; font-variant-numeric: tabular-nums; }
td.time { white-space: nowrap; font-variant-numeric: tabular-nums; }
td.id { min-width: 9rem; overflow-wrap: anywhere; font: .8rem/1.6 ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; }
.blank { min-height: 4.5rem; border: 1px dashed var(--line); border-radius: 4px; }
.none { color: var(--soft); }
.empty { padding: 2.5rem; text-align: center; color: var(--soft); background: var(--tint); border-radius: 6px; }
footer { margin-top: 2rem; color: var(--soft); font-size: .8rem; }
footer p { margin: .25rem 0; }
@page { size: A4 landscape; margin: 14mm; }
@media print {
  body { background: #fff; font-size: 10px; }
  main { max-width: none; margin: 0; padding: 0; border: 0; }
  .scroll { overflow: visible; }
  thead { display: table-header-group; }
  tr, dl, .notice { break-inside: avoid; }
  .notice { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
}
`;
