import { CodedError } from '@integument/contracts';
import { isAway, lost } from './away.js';

export interface CoalescerOptions<In, Out> {
  /**
   * Handles a batch in one statement and commit, through a `UnitOfWork`. Must give one result for each item, in the same order,
   * and must be all or nothing: when it rejects, none of the batch may have taken effect, and its items are flushed one by one. But
   * where the connection is lost, during COMMIT perhaps, that is open: then nothing is flushed again, and each gets the error.
   */
  readonly flush: (items: readonly In[]) => Promise<readonly Out[]>;
  /** items in one flush at most */
  readonly maxBatch: number;
  /** flushes at a time; 1 when absent */
  readonly concurrency?: number;
  /** items waiting at most; above it `server.busy` */
  readonly maxWaiting?: number;
}

/** More is waiting than the coalescer may hold: the database does not keep up, and whoever asks should come later. */
function full(): CodedError {
  return new CodedError('server.busy', 503, 'More is waiting than can be written. Try again soon.', {
    headers: { 'retry-after': '2' },
  });
}

interface Waiting<In, Out> {
  readonly item: In;
  readonly resolve: (result: Out) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Turns single requests into batches without a timer: while a flush is on its way, what arrives waits, and then goes
 * together. Alone, an item is flushed at once; under load, many share one round trip and one commit.
 */
export class Coalescer<In, Out> {
  readonly #waiting: Waiting<In, Out>[] = [];
  readonly #options: Required<CoalescerOptions<In, Out>>;
  #running = 0;

  constructor(options: CoalescerOptions<In, Out>) {
    this.#options = { concurrency: 1, maxWaiting: 10_000, ...options };
  }

  /**
   * Resolves once the item's flush has committed.
   * @throws {CodedError} `server.busy`, or what the flush rejected with for this item
   */
  submit(item: In): Promise<Out> {
    if (this.#waiting.length >= this.#options.maxWaiting) return Promise.reject(full());
    const result = new Promise<Out>((resolve, reject) => this.#waiting.push({ item, resolve, reject }));
    if (this.#running < this.#options.concurrency) void this.#drain();
    return result;
  }

  async #drain(): Promise<void> {
    this.#running++;
    while (this.#waiting.length > 0) {
      await this.#flush(this.#waiting.splice(0, this.#options.maxBatch));
    }
    this.#running--;
  }

  /** @returns the error where it says that something is away */
  async #flush(batch: readonly Waiting<In, Out>[]): Promise<unknown> {
    try {
      const results = await this.#options.flush(batch.map(({ item }) => item));
      // What was done is done, so it must not be done again.
      if (results.length !== batch.length)
        throw lost(new Error('a flush gave another number of results than of items'));
      batch.forEach(({ resolve }, at) => {
        resolve(results[at] as Out);
      });
      return undefined;
    } catch (error) {
      // Each would be told the same, one after the other, and all who come behind would wait for that.
      let gone = isAway(error) ? error : undefined;
      if (batch.length === 1 && !gone) batch[0]?.reject(error);
      // One bad item must not fail its neighbours: each gets a flush, and an answer, of its own.
      else
        for (const one of batch) {
          if (gone) one.reject(gone);
          else gone = await this.#flush([one]);
        }
      return gone;
    }
  }
}
