import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DIST_FOLDER } from '../../project-folder.js';
import { fetchExport } from '../audit-export.js';
import type { Stage } from '../stage.js';
import type { App } from '../tape.js';
import { type DemoPromise, grouped, type Trial } from '../transcript.js';

const PROGRAM = join(DIST_FOLDER, 'tools/verify/main.js');

export const proof: DemoPromise<Stage> = {
  title: 'The verifier accepts an export, and names the first bad position after one byte is flipped',
  async keep(stage, trial) {
    const folder = mkdtempSync(join(tmpdir(), 'integument-demo-'));
    try {
      for (const app of ['vault', 'api'] as const) await tamper(stage, app, folder, trial);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

async function tamper(stage: Stage, app: App, folder: string, trial: Trial): Promise<void> {
  const text = await fetchExport(stage, app);
  const file = join(folder, `${app}.ndjson`);
  const verify = (content: string) => {
    writeFileSync(file, content);
    return runVerifier(file, stage.info.audit[app].verifierKey);
  };
  const untouched = await verify(text);
  const size = (JSON.parse(text.slice(0, text.indexOf('\n'))) as { size: number }).size;
  const log = app === 'api' ? "the API's log" : "the vault's log";
  trial.check(
    `${log}: VERIFIED with nothing but the public key, ${grouped(size)} entries`,
    (untouched.status !== 0 || !untouched.output.startsWith('VERIFIED')) &&
      `it ended with ${untouched.status}: ${firstLine(untouched.output)}`,
  );
  const wrong: string[] = [];
  const positions = [0, Math.floor(size / 2), size - 1];
  for (const position of positions) {
    const { status, output } = await verify(flipped(text, position));
    if (status !== 1 || !output.includes(`first bad position ${position}:`))
      wrong.push(`at ${position} it ended with ${status}: ${firstLine(output)}`);
  }
  trial.check(
    `${log}: one byte flipped in entry ${positions.map(grouped).join(', ')}: NOT VERIFIED, and named just there`,
    wrong[0],
  );
}

/** Flips the lowest bit of one byte in the middle of an entry: a small letter becomes its neighbour. */
function flipped(text: string, position: number): string {
  const line = text.indexOf(`{"position":${position},`);
  const field = '"entry":';
  const from = text.indexOf(field, line) + field.length;
  const at = Math.floor((from + text.indexOf('\n', from)) / 2);
  return `${text.slice(0, at)}${String.fromCharCode(text.charCodeAt(at) ^ 1)}${text.slice(at + 1)}`;
}

function runVerifier(file: string, key: string): Promise<{ status: number; output: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [PROGRAM, file, '--key', key], (error, stdout, stderr) => {
      const status = error ? Number(error.code ?? 99) : 0;
      resolve({ status, output: `${stdout}${stderr}` });
    });
  });
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}
