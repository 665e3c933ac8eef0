/**
 * Work needs something that only another process can give, and nothing may wait for another process inside a transaction. Whoever
 * finds it missing throws this: the transaction is rolled back, `ready` is awaited outside of it, and the work is run again.
 */
export class NotReady extends Error {
  override readonly name = 'NotReady';

  /**
   * @param ready resolves when it is worth trying again; what it rejects with, the caller gets
   * @param otherwise what the caller gets when it never comes to be ready
   */
  constructor(
    readonly ready: () => Promise<unknown>,
    readonly otherwise: () => Error,
  ) {
    super('something that is needed is not here yet');
  }
}

/** Enough for work that finds out bit by bit what it needs. */
const TRIES = 8;

/**
 * Runs work again, a few times at most, when what it needed is ready. So it may run more than once: what it changes outside
 * of its transaction, it must be able to change again.
 */
export async function whenReady<T>(work: () => Promise<T> | T): Promise<T> {
  for (let left = TRIES - 1; ; left--) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof NotReady)) throw error;
      if (left === 0) throw error.otherwise();
      await error.ready();
    }
  }
}
