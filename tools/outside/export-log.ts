import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { PlatformInfo } from '@integument/testing';
import { PROJECT_FOLDER } from '../project-folder.js';
import { Browser } from './browser.js';

// Fetches the whole audit log of one app of the running platform as its auditor would, for the offline verifier:
// `node dist/tools/outside/export-log.js vault | node dist/tools/verify/main.js - --key …`

const app = process.argv[2];
if (app !== 'vault' && app !== 'api') {
  console.error('Usage: export-log <vault | api>');
  process.exit(2);
}
const folder = resolve(PROJECT_FOLDER, process.env.INTEGUMENT_DATA || '.data');
const info = JSON.parse(readFileSync(join(folder, 'demo.json'), 'utf8')) as PlatformInfo;
const browser = new Browser(info);
await browser.signIn(info.staff.auditor);
if (app === 'api') await browser.openApiSession();
const reply = await browser.send(`${info.urls[app]}/v1/audit/export`);
if (!reply.ok || !reply.body) throw new Error(`the export was refused with status ${reply.status}`);
await pipeline(Readable.fromWeb(reply.body), process.stdout);
