import type { Logger } from '@integument/telemetry';
import type { Round } from './rounds.js';

/** After failures a task is tried less and less often, up to this; one that is as seldom anyway, as ever. */
const PATIENT_MS = 5_000;

/**
 * Runs tasks again and again in one process, each waiting for its last run. A failed run is logged, and tried again. A run that may
 * be long is told when to stop.
 */
export class Periodic {
  readonly #stop = new AbortController();
  readonly #running = new Set<Promise<void>>();

  constructor(private readonly logger: Logger) {}

  every(ms: number, task: string, run: (stop: AbortSignal) => Promise<unknown>): void {
    const loop = this.loop(ms, task, run).finally(() => this.#running.delete(loop));
    this.#running.add(loop);
  }

  all(rounds: readonly Round[]): void {
    for (const { everyMs, task, run } of rounds) this.every(everyMs, task, run);
  }

  /** Resolves when the runs at hand are through. */
  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#running);
  }

  private async loop(ms: number, task: string, run: (stop: AbortSignal) => Promise<unknown>): Promise<void> {
    let pause = ms;
    while (!this.#stop.signal.aborted) {
      try {
        await run(this.#stop.signal);
        pause = ms;
      } catch (error) {
        this.logger.warn('periodic task failed', { component: task, error });
        pause = Math.max(ms, Math.min(2 * pause, PATIENT_MS));
      }
      await this.pause(pause);
    }
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.#stop.signal.aborted) return resolve();
      const timer = setTimeout(done, ms);
      const { signal } = this.#stop;
      signal.addEventListener('abort', done, { once: true });
      function done() {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      }
    });
  }
}
