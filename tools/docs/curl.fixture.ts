import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PlatformInfo } from '@integument/testing';
import type { Browser } from '../outside/browser.js';
import { PROJECT_FOLDER } from '../project-folder.js';

/** As curl keeps cookies. */
export function keep(info: PlatformInfo, folder: string, name: string, browser: Browser): void {
  const { hostname } = new URL(info.urls.vault);
  const cookies = browser.cookiesFor(new URL(info.urls.vault)).split('; ');
  const lines = cookies.map((pair) => {
    const [cookie, value] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
    return [hostname, 'FALSE', '/', 'FALSE', '0', cookie, value].join('\t');
  });
  writeFileSync(join(folder, `${name}.jar`), `${lines.join('\n')}\n`, { mode: 0o600 });
}

/** Functions that docs/audit.md defines, on one line or more. */
export function functionsOf(...names: readonly string[]): string {
  const text = readFileSync(join(PROJECT_FOLDER, 'docs/audit.md'), 'utf8');
  return names
    .map((name) => new RegExp(`^${name}\\(\\) \\{(?: .* \\}|\\n[^]*?\\n\\})$`, 'm').exec(text)?.[0] ?? '')
    .map((text) => `${text}\n`)
    .join('');
}
