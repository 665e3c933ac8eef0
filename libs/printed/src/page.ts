import { createHash } from 'node:crypto';
import { STYLE } from './style.js';

/** Lets a page of {@link printedPage} have its own style, by its hash, and nothing else: no script, no request. */
export const PRINTED_PAGE_CSP = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export interface PrintedPage {
  /** what kind of page it is; text, as are all but `body` */
  readonly kicker: string;
  readonly title: string;
  /** of the window, beside the title */
  readonly of: string;
  readonly about: string;
  /** HTML, in which every value went through {@link html} */
  readonly body: string;
  readonly footer: readonly string[];
}

/** One self-contained page, for the screen and for paper. */
export function printedPage({ kicker, title, of, about, body, footer }: PrintedPage): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${html(title)} – ${html(of)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<header>
<p class="kicker">${html(kicker)}</p>
<h1>${html(title)}</h1>
<p class="about">${html(about)}</p>
</header>
${body}
<footer>
${footer.map((line) => `<p>${html(line)}</p>`).join('\n')}
</footer>
</main>
</body>
</html>
`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as it stands in a page, or in the value of an attribute. */
export function html(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

/** What is known, each under its heading. @param pairs heading and text */
export function pairs(pairs: readonly (readonly [string, string])[]): string {
  const entries = pairs.map(
    ([heading, value]) => `<div><dt>${html(heading)}</dt><dd>${html(value)}</dd></div>`,
  );
  return `<dl>\n${entries.join('\n')}\n</dl>`;
}
