import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, Failure } from './failure.js';

/** Somebody wants the command to end: it does so where nothing is half done. */
export class Interruption {
  readonly #controller = new AbortController();
  /** what can be done afterwards */
  afterwards = 'the same command goes on from here';

  /** Ctrl-C and a polite kill. The second one ends the process at once, as if nobody listened: that is a crash, and survived as one. */
  static listening(): Interruption {
    const interruption = new Interruption();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interruption.ask());
    return interruption;
  }

  ask(): void {
    this.#controller.abort();
  }

  get isAsked(): boolean {
    return this.#controller.signal.aborted;
  }

  /** Between two steps. @throws {Failure} when the next one is not to be taken */
  check(): void {
    if (this.isAsked) throw new Failure(`stopped; ${this.afterwards}`, EXIT.interrupted);
  }

  async wait(ms: number): Promise<void> {
    this.check();
    await sleep(ms, undefined, { signal: this.#controller.signal }).catch(() => undefined);
    this.check();
  }
}
