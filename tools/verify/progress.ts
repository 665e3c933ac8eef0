import type { Machine } from '../auditor/machine.js';
import type { LogRun } from './log-run.js';

const EVERY_MS = 250;

/** Shows on standard error how far the verification is, if somebody watches: entries verified, and how many a second. */
export class Progress {
  private readonly started: number;
  private shown: number;

  constructor(
    private readonly runs: readonly LogRun[],
    private readonly machine: Machine,
  ) {
    this.started = machine.now();
    this.shown = this.started;
  }

  update(): void {
    const now = this.machine.now();
    if (!this.machine.isWatched || now - this.shown < EVERY_MS) return;
    this.shown = now;
    const count = this.runs.reduce((sum, { size }) => sum + size, 0);
    const rate = Math.round((count * 1_000) / (now - this.started));
    this.machine.error(`\r\u001b[K${count.toLocaleString('en')} entries, ${rate.toLocaleString('en')}/s`);
  }

  /** Takes the line away again. */
  clear(): void {
    if (this.machine.isWatched && this.shown !== this.started) this.machine.error('\r\u001b[K');
  }
}
