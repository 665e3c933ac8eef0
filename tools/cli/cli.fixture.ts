import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { PlatformInfo } from '@integument/testing';
import { DIST_FOLDER } from '../project-folder.js';

const PROGRAM = join(DIST_FOLDER, 'tools/cli/main.js');

export interface Ran {
  readonly status: number | null;
  readonly out: string;
  /** what it ends with on standard error */
  readonly error: string;
  /** how far it was, now and then */
  readonly progress: string;
}

/** The command line as somebody outside runs it, as the demo shop. */
export class CommandLine {
  constructor(
    private readonly info: PlatformInfo,
    private readonly more: Readonly<Record<string, string>> = {},
  ) {}

  start(...args: string[]): ChildProcess {
    const { urls, clients } = this.info;
    const env = {
      ...process.env,
      INTEGUMENT_VAULT: urls.vault,
      INTEGUMENT_ISSUER: urls.issuer,
      INTEGUMENT_CLIENT: 'brand-shop',
      INTEGUMENT_CLIENT_SECRET: clients['brand-shop'].secret,
      ...this.more,
    };
    return spawn(process.execPath, [PROGRAM, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  run(...args: string[]): Promise<Ran> {
    return ended(this.start(...args));
  }
}

export async function ended(child: ChildProcess): Promise<Ran> {
  let [out, error] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    error += text;
  });
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  const lines = error.split(/(?<=\n)/);
  const progress = lines.filter((line) => /^\d+ of \d+ rows/.test(line)).join('');
  return { status, out, error: lines.filter((line) => !progress.includes(line)).join(''), progress };
}
