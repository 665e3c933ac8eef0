import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const QUIET = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The program: `CHROMIUM_PATH`, or one of the usual names on the PATH; undefined where there is none. */
export function findChromium(): string | undefined {
  const { CHROMIUM_PATH, PATH = '' } = process.env;
  if (CHROMIUM_PATH) return CHROMIUM_PATH;
  return NAMES.flatMap((name) => PATH.split(delimiter).map((folder) => join(folder, name))).find(canRun);
}

/** Whether there is a browser here; says in one line that a suite is skipped where there is none. */
export function hasChromium(suite: string): boolean {
  const found = findChromium() !== undefined;
  if (!found) console.log(`skipped: ${suite}, since there is no Chromium here (CHROMIUM_PATH)`);
  return found;
}

export function launchChromium(): Promise<Browser> {
  const executablePath = findChromium() ?? '';
  // Its sandbox refuses to be run by root, who has no business with it outside of a test's container.
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath, args: [...QUIET, ...asRoot], headless: true });
}

function canRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
