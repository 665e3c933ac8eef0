import { createHash } from 'node:crypto';

const STYLE = `
:root { color-scheme: light dark; --ink: #1d2430; --paper: #f6f5f2; --card: #fff; --line: #d9d6cf; --accent: #0b6e63; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e9e6df; --paper: #15181d; --card: #1e2229; --line: #363c46; --accent: #57c5b6; }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; background: var(--paper);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 23rem; background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 2rem; }
h1 { margin: 0 0 .25rem; font-size: 1.35rem; }
p { margin: 0 0 1.25rem; }
label { display: block; margin: 0 0 .25rem; font-weight: 600; }
input { width: 100%; margin: 0 0 1rem; padding: .6rem .75rem; border: 1px solid var(--line); border-radius: 8px;
  background: transparent; color: inherit; font: inherit; }
input:focus-visible, button:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
button { width: 100%; padding: .7rem; border: 0; border-radius: 8px; background: var(--accent); color: var(--card);
  font: inherit; font-weight: 600; cursor: pointer; }
.wrong { border-left: 4px solid #c2410c; padding-left: .75rem; }
`;
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

/** The sign-in form. It shows nothing that was typed before: what was wrong stays unsaid. */
export function loginPage(wrong: boolean): string {
  const trouble = wrong
    ? '<p class="wrong" role="alert">That name and password do not fit together.</p>'
    : '';
  return page(
    'Sign in',
    `<p>The demo identity provider. Any name of small letters, digits and hyphens, and the demo password.</p>
${trouble}
<form method="post">
<label for="name">Name</label>
<input id="name" name="name" autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus>
<label for="password">Demo password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<button>Sign in</button>
</form>`,
  );
}

/** Asks whether one means it: any page could send a browser here. @param form of the library, named `op.logoutForm` */
export function logoutPage(form: string): string {
  return page(
    'Sign out',
    `<p>You are signed in at the demo identity provider.</p>
${form}
<button form="op.logoutForm" name="logout" value="yes">Sign out</button>`,
  );
}

export function signedOutPage(): string {
  return page('Signed out', '<p>You are signed out of the demo identity provider.</p>');
}

function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · demo provider</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${content}
</main>
</body>
</html>
`;
}

/**
 * No script, no foreign content, no framing. Browsers hold redirects after a form to `form-action` too, so the origins
 * that a sign-in goes back to are named.
 */
export function loginPageHeaders(origins: readonly string[]): Record<string, string> {
  const policy = [
    "default-src 'none'",
    `style-src 'sha256-${STYLE_HASH}'`,
    `form-action 'self' ${origins.join(' ')}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ];
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': policy.join('; '),
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  };
}
