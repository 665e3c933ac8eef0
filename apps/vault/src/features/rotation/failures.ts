/** What fails keeps nothing else from being done. It is told at the end: the first of it, since it may come again and again. */
export class Failures {
  #first: { readonly error: unknown } | undefined;

  /** @returns what the work gave, or this where it failed */
  async beside<T>(work: () => Promise<T>, failed: T): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.#first ??= { error };
      return failed;
    }
  }

  /** @throws what failed first */
  tell(): void {
    if (this.#first) throw this.#first.error;
  }
}
