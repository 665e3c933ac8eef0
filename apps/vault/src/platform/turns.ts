import { setImmediate } from 'node:timers/promises';

const STRETCH_MS = 10;

/**
 * Lets others have their turn within the computing of one caller. By time, not by items: of some there are a hundred in a millisecond,
 * of others three.
 */
export class Turns {
  #since = performance.now();

  async map<In, Out>(items: readonly In[], each: (item: In, at: number) => Out): Promise<Out[]> {
    const made: Out[] = [];
    for (const item of items) {
      if (performance.now() - this.#since > STRETCH_MS) await this.next();
      made.push(each(item, made.length));
    }
    return made;
  }

  private async next(): Promise<void> {
    await setImmediate();
    this.#since = performance.now();
  }
}
