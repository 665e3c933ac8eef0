import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_FOLDER } from '../../project-folder.js';
import type { MortalTask } from './mortal-task.js';

const PROGRAM = join(PROJECT_FOLDER, 'dist/tools/proofs/audit/mortal-process.js');

/** Starts a process on a log; see mortal-process.ts. From the build, as a log's processes run. */
export function startMortal(task: MortalTask): ChildProcess {
  if (!existsSync(PROGRAM)) throw new Error('run `make build` first: the processes to kill are not compiled');
  const env = { ...process.env, MORTAL_TASK: JSON.stringify(task) };
  return spawn(process.execPath, [PROGRAM], { env, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** How a process ended, and what it said before. */
export interface End {
  /** false: it was done before the step at which it was to die */
  readonly died: boolean;
  readonly said: string;
}

/** Runs one to its end. @throws if it neither was killed nor did what it was to do */
export async function runMortal(task: MortalTask): Promise<End> {
  const child = startMortal(task);
  let [said, complaint] = ['', ''];
  child.stdout?.on('data', (chunk) => (said += String(chunk)));
  child.stderr?.on('data', (chunk) => (complaint += String(chunk)));
  const [status, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  if (signal !== 'SIGKILL' && status !== 0) throw new Error(`a mortal process failed: ${complaint}`);
  return { died: signal === 'SIGKILL', said };
}
