import { bytesKey } from '@integument/crypto';
import type { Tx } from '@integument/database';
import { isStored, type KeptToken } from './sealed-token.js';
import type { TokensStore } from './tokens.store.js';

/**
 * Takes the uses of limited tokens that are about to be revealed: each that is told has been counted, in the same transaction, under a
 * lock, so a token for one use is told once, however many ask at once.
 */
export class UseCounts {
  readonly #left = new Map<string, number>();
  readonly #taken = new Map<string, { readonly token: Buffer; count: number }>();

  private constructor(left: ReadonlyMap<string, number>) {
    this.#left = new Map(left);
  }

  /** Only what may be told: nobody else's tokens wait for this transaction. */
  static async hold(
    store: TokensStore,
    tx: Tx,
    allowed: readonly { readonly kept: KeptToken }[],
  ): Promise<UseCounts> {
    const limited = allowed.flatMap(({ kept }) =>
      isStored(kept) && kept.usesLeft !== null ? [kept.token] : [],
    );
    return new UseCounts(limited.length > 0 ? await store.holdLimited(tx, limited) : new Map());
  }

  /** @returns whether one was left */
  take(kept: KeptToken): boolean {
    if (!isStored(kept) || kept.usesLeft === null) return true;
    const { token } = kept;
    const key = bytesKey(token);
    const left = this.#left.get(key) ?? 0;
    if (left === 0) return false;
    this.#left.set(key, left - 1);
    const taken = this.#taken.get(key) ?? { token, count: 0 };
    taken.count++;
    this.#taken.set(key, taken);
    return true;
  }

  async write(store: TokensStore, tx: Tx): Promise<void> {
    if (this.#taken.size > 0) await store.takeUses(tx, [...this.#taken.values()]);
  }
}
