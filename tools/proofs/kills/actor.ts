import { setTimeout as sleep } from 'node:timers/promises';

/** Somebody who keeps asking things of the platform until told to stop. */
export interface Actor {
  readonly name: string;
  /** Does one thing. Rejects only if the proof itself is wrong. */
  step(): Promise<void>;
}

const PAUSE_MS = 15;

/** Runs actors side by side. */
export class Load {
  #stopped = false;
  #running: Promise<void>[] = [];

  constructor(private readonly actors: readonly Actor[]) {}

  start(): void {
    this.#running = this.actors.map((actor) => this.run(actor));
    // Awaited in stop; a failure before that must not count as unhandled.
    for (const running of this.#running) running.catch(() => undefined);
  }

  /** Resolves when everybody has got the answer to what they asked last. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#running);
  }

  private async run(actor: Actor): Promise<void> {
    while (!this.#stopped) {
      await actor.step();
      await sleep(PAUSE_MS);
    }
  }
}
