import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PlatformInfo } from '@integument/testing';

/** Everything that the platform's programs have logged so far. */
export function readLogs({ logFolder }: PlatformInfo): string {
  return readdirSync(logFolder)
    .map((name) => readFileSync(join(logFolder, name), 'utf8'))
    .join('\n');
}
