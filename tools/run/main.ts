import type { PlatformInfo } from '@integument/testing';
import { loadDemoData } from '../demo-data/load.js';
import { PROJECT_FOLDER } from '../project-folder.js';
import { ChildFailed } from './child.js';
import { greeting } from './greeting.js';
import { Supervisor } from './platform.js';
import { readSettings, WrongSettings } from './settings.js';
import { DataFolderInUse } from './supervisor-lock.js';

// A closed terminal or pipe must not end the supervisor before it has stopped its children.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

async function welcome(info: PlatformInfo): Promise<void> {
  await loadDemoData(info).catch((error: unknown) => {
    console.error(
      `The demo people and products could not be loaded: ${error instanceof Error ? error.message : 'unknown'}.`,
    );
  });
  console.log(greeting(info));
}

async function run(): Promise<void> {
  const settings = readSettings(process.env, PROJECT_FOLDER);
  const supervisor = new Supervisor(settings, true, (line) => console.log(line));
  let asked = false;
  const stopped = new Promise<void>((resolve, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (!asked) console.log('Stopping …');
        asked = true;
        supervisor.stop().then(resolve, reject);
      });
    }
  });
  console.log('Starting …');
  await supervisor.start().catch((error: unknown) => {
    if (!asked) throw error;
  });
  if (!asked) await welcome(supervisor.info);
  await stopped;
  console.log('Stopped.');
}

run().then(
  () => process.exit(0),
  (error: unknown) => {
    // Expected troubles say what to do; only an unexpected one needs its stack.
    const expected = [WrongSettings, DataFolderInUse, ChildFailed].some((kind) => error instanceof kind);
    console.error(expected ? (error as Error).message : error);
    process.exit(1);
  },
);
