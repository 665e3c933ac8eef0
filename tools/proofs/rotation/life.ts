import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DIST_FOLDER } from '../../project-folder.js';
import type { RotatingTask } from './rotating-task.js';

const PROGRAM = join(DIST_FOLDER, 'tools/proofs/rotation/rotating-process.js');

/** One process that rotates keys, from its start until it is killed; see rotating-process.ts. */
export class Life {
  #isReady = false;
  #rounds = 0;
  #complaint = '';
  #tell: () => void = () => undefined;
  readonly #ended: Promise<void>;

  private constructor(private readonly child: ChildProcess) {
    createInterface(child.stdout as NodeJS.ReadableStream).on('line', (line) => this.hear(line));
    child.stderr?.on('data', (chunk) => (this.#complaint += String(chunk)));
    // One that dies before it is told what to do says so by its end.
    child.stdin?.on('error', () => undefined);
    this.#ended = once(child, 'close').then(() => this.#tell());
  }

  /** From the build, as the vault's processes run. It waits to be told what to do. */
  static begin(): Life {
    if (!existsSync(PROGRAM))
      throw new Error('run `make build` first: the processes to kill are not compiled');
    return new Life(spawn(process.execPath, [PROGRAM], { stdio: ['pipe', 'pipe', 'pipe'] }));
  }

  do(task: RotatingTask): void {
    this.child.stdin?.write(`${JSON.stringify(task)}\n`);
  }

  /** Waits until it can be told what to do. */
  async ready(): Promise<void> {
    await this.until(() => this.#isReady);
  }

  /** Waits for the end of a round. @returns false where there is no other one, because it is dead */
  round(): Promise<boolean> {
    const before = this.#rounds;
    return this.until(() => this.#rounds > before);
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  /** @throws if it died of anything else than being killed: then something was lost, or could not be opened */
  async buried(): Promise<void> {
    await this.#ended;
    if (this.child.signalCode !== 'SIGKILL') throw new Error(`a rotating process failed: ${this.#complaint}`);
  }

  /** @returns whether it has come before the end */
  private async until(come: () => boolean): Promise<boolean> {
    while (!come() && this.isAlive) {
      await new Promise<void>((resolve) => {
        this.#tell = resolve;
      });
    }
    return come();
  }

  private get isAlive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  private hear(line: string): void {
    if (line === 'ready') this.#isReady = true;
    if (line === 'round') this.#rounds++;
    this.#tell();
  }
}
