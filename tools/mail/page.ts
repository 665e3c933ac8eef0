import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { CaughtLetter } from './caught-letter.js';

const STYLE = `
:root { color-scheme: light dark; }
body { margin: 2rem auto; max-width: 44rem; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; }
article { border: 1px solid #8886; border-radius: 10px; padding: .5rem 1.25rem; margin: 0 0 1.25rem; }
h2 { font-size: 1.1rem; margin: .5rem 0 0; }
pre { white-space: pre-wrap; font: inherit; }
small { opacity: .7; }
`;
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');
const HEADERS = {
  'content-security-policy': `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; frame-ancestors 'none'`,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

/** Shows what was caught, to browsers on this machine: a page, and JSON. */
export function createPageServer(letters: () => readonly CaughtLetter[]): Server {
  return createServer((request, response) => {
    const answer = (status: number, type: string, body: string) =>
      response.writeHead(status, { ...HEADERS, 'content-type': `${type}; charset=utf-8` }).end(body);
    // Any page could lead its own name to loopback, and would read letters there as its own.
    if (!/^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(request.headers.host ?? ''))
      return answer(421, 'text/plain', 'Ask for it as 127.0.0.1.\n');
    if (request.method !== 'GET') return answer(405, 'text/plain', 'Only to be read.\n');
    switch (request.url) {
      case '/readyz':
        return answer(200, 'application/json', '{"status":"ok"}');
      case '/letters.json':
        return answer(200, 'application/json', JSON.stringify({ letters: letters() }));
      case '/':
        return answer(200, 'text/html', page(letters()));
      default:
        return answer(404, 'text/plain', 'Nothing here.\n');
    }
  });
}

function page(letters: readonly CaughtLetter[]): string {
  const shown = letters.map(article).join('\n') || '<p>None yet. This page looks again by itself.</p>';
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="5"><title>Letters</title><style>${STYLE}</style></head>
<body><h1>Letters</h1>
<p>Mail of the platform ends here, in memory; none of it is delivered. The newest is first.</p>
${shown}
</body></html>
`;
}

function article({ to, from, subject, text, messageId }: CaughtLetter): string {
  return `<article><h2>${escaped(subject)}</h2>
<small>from ${escaped(from)} to ${escaped(to.join(', '))}</small>
<pre>${escaped(text)}</pre><small>${escaped(messageId)}</small></article>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
