import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PlatformInfo } from '@integument/testing';
import { PROJECT_FOLDER } from '../project-folder.js';
import { LISTENERS } from '../run/settings.js';

/** The commands of a document that are marked as `sh`, block by block, for where this platform's ports and data folder are. */
export function commandsOf(document: string, info: PlatformInfo): string[] {
  const text = readFileSync(join(PROJECT_FOLDER, document), 'utf8');
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => here(block, info));
}

function here(command: string, { urls, dataFolder }: PlatformInfo): string {
  const at = { web: urls.web, vault: urls.vault, api: urls.api, provider: urls.issuer };
  const moved = Object.entries(at).reduce(
    (text, [name, url]) =>
      text.replaceAll(`http://${new URL(url).hostname}:${LISTENERS[name as keyof typeof at].port}`, url),
    command,
  );
  return moved.replaceAll('./.data/', `${dataFolder}/`);
}
