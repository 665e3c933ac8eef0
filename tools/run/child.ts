import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChildName } from '@integument/testing';
import type { Command } from '../postgres/server.js';
import { SECRET, writeAtomically } from './files.js';
import { identify, type ProcessIdentity } from './process-identity.js';

/** A program that the supervisor keeps running. */
export interface ChildSpec {
  readonly name: ChildName;
  /** as the supervisor's messages call it */
  readonly title: string;
  readonly command: Command;
  readonly stopSignal: NodeJS.Signals;
  /** whether it can do its work; asked until it says yes, with the milliseconds that it has been running */
  ready(runningMs: number): Promise<boolean>;
}

/** What a later supervisor needs to end a child that this one leaves behind. */
export interface ChildRecord extends ProcessIdentity {
  readonly name: ChildName;
  readonly stopSignal: NodeJS.Signals;
}

export interface ChildFolders {
  readonly logFolder: string;
  readonly runFolder: string;
}

/** The child can't be brought to work, or was stopped while somebody waited for it. */
export class ChildFailed extends Error {
  override readonly name = 'ChildFailed';
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
const STOP_WITHIN_MS = 15_000;
const READY_WITHIN_MS = 60_000;
const CRASHES_BEFORE_READY = 4;
const LONGEST_LOG_BYTES = 20_000_000;

/** One running program: started again with growing pauses when it ends by itself, until it is stopped. */
export class Child {
  #process: ChildProcess | undefined;
  #wanted = false;
  #crashes = 0;
  #ready = false;
  #pause: NodeJS.Timeout | undefined;
  readonly #log: string;
  readonly #record: string;

  constructor(
    readonly spec: ChildSpec,
    folders: ChildFolders,
    private readonly say: (line: string) => void,
  ) {
    this.#log = join(folders.logFolder, `${spec.name}.log`);
    this.#record = join(folders.runFolder, `${spec.name}.json`);
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  start(): void {
    if (existsSync(this.#log) && statSync(this.#log).size > LONGEST_LOG_BYTES)
      renameSync(this.#log, `${this.#log}.1`);
    this.#wanted = true;
    this.#crashes = 0;
    this.launch();
  }

  /** Resolves when it can do its work. @throws {ChildFailed} with the end of its log */
  async waitReady(withinMs = READY_WITHIN_MS): Promise<void> {
    const deadline = Date.now() + withinMs;
    while (!this.#ready) {
      if (!this.#wanted) throw new ChildFailed(`${this.spec.title} was stopped`);
      if (this.#crashes >= CRASHES_BEFORE_READY) throw this.failure('ends each time it is started');
      if (Date.now() > deadline) throw this.failure(`is not ready after ${withinMs / 1_000} s`);
      await sleep(20);
    }
  }

  async stop(): Promise<void> {
    this.#wanted = false;
    clearTimeout(this.#pause);
    const running = this.#process;
    if (!running) return;
    const gone = once(running, 'exit');
    running.kill(this.spec.stopSignal);
    const patience = setTimeout(() => {
      this.say(`${this.spec.title} did not stop in ${STOP_WITHIN_MS / 1_000} s and was killed`);
      running.kill('SIGKILL');
    }, STOP_WITHIN_MS);
    await gone;
    clearTimeout(patience);
  }

  /** Ends it as a crash would, and resolves when it is gone. It will be started again. */
  async kill9(): Promise<void> {
    const running = this.#process;
    if (!running) return;
    const gone = once(running, 'exit');
    running.kill('SIGKILL');
    await gone;
  }

  private launch(): void {
    const { program, args, env, cwd, account } = this.spec.command;
    // Its output goes to the file itself, not through this process: it must outlive a killed supervisor. A session of
    // its own keeps the terminal's Ctrl-C from it: children are stopped one after the other, PostgreSQL last.
    const out = openSync(this.#log, 'a', SECRET);
    const child = spawn(program, args, { env, cwd, ...account, detached: true, stdio: ['ignore', out, out] });
    closeSync(out);
    child.once('error', (error) => this.ended(child, error.message));
    child.once('exit', (code, signal) => this.ended(child, signal ?? `status ${code}`));
    if (child.pid === undefined) return;
    this.#process = child;
    const identity = identify(child.pid);
    if (!identity) return;
    const record: ChildRecord = { ...identity, name: this.spec.name, stopSignal: this.spec.stopSignal };
    writeAtomically(this.#record, JSON.stringify(record), SECRET);
    void this.watch(child);
  }

  private async watch(child: ChildProcess): Promise<void> {
    const started = Date.now();
    while (this.#process === child && !this.#ready) {
      const ready = await this.spec.ready(Date.now() - started).catch(() => false);
      if (ready && this.#process === child) this.#ready = true;
      else await sleep(40);
    }
  }

  private ended(child: ChildProcess, how: string): void {
    if (this.#process === child) this.#process = undefined;
    // A crash of one that had come to work is a new trouble, not the old one.
    this.#crashes = this.#ready ? 1 : this.#crashes + 1;
    this.#ready = false;
    rmSync(this.#record, { force: true });
    if (!this.#wanted) return;
    const pause = pauseAfter(this.#crashes);
    this.say(`${this.spec.title} ended (${how}) and is started again in ${pause / 1_000} s`);
    this.#pause = setTimeout(() => this.launch(), pause);
  }

  private failure(what: string): ChildFailed {
    const end = existsSync(this.#log) ? readFileSync(this.#log, 'utf8').trimEnd().split('\n').slice(-12) : [];
    return new ChildFailed([`${this.spec.title} ${what}; the end of ${this.#log}:`, ...end].join('\n  '));
  }
}

/** Milliseconds to wait before the start that follows so many crashes in a row. */
export function pauseAfter(crashes: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** (crashes - 1), LONGEST_PAUSE_MS);
}

/** Whether a URL is answered with 200. */
export async function answers(url: string): Promise<boolean> {
  try {
    const reply = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await reply.body?.cancel();
    return reply.status === 200;
  } catch {
    return false;
  }
}
