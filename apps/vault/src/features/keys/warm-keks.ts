import { context, KEY_BYTES } from '@integument/crypto';
import { Coalescer } from '@integument/database';
import { LRUCache } from 'lru-cache';
import { type KekKeyring, keyringUnavailable } from '../keyring/index.js';

export interface WarmKeksOptions {
  /** milliseconds for which a KEK may be used, counted from before the keyring was asked */
  readonly forMs: number;
  /** milliseconds of a clock that never goes back */
  readonly now?: () => number;
}

/** All lie at one place: what binds one to its row is the sealing that it takes part in, which no other row's opens. */
export const KEK_PLACE = context('data_key_kek', 1);
/** What one request to the keyring holds: far below what it takes, and its answer below what we do. */
const KEKS_A_REQUEST = 1_000;

/** Some 10 MB. More than any request needs: a search opens 5,000 people at most. */
const MOST = 32_768;
/** In the place of one that the keyring refuses: for whoever asked, and no longer, since an operator may mend that. */
const REFUSED = Buffer.alloc(0);
const REFUSED_MS = 2_000;
/** A keyring that didn't answer is not asked again at once by each of many who wait behind one another. */
const AWAY_MS = 1_000;

/**
 * KEKs that the keyring has unwrapped within the last minute. They leave by the clock, used or not, and are wiped then; they never
 * leave this file but to be used at once.
 */
export class WarmKeks {
  readonly #kept: LRUCache<string, Buffer>;
  readonly #asking: Coalescer<readonly string[], unknown>;
  readonly #now: () => number;
  #away: { readonly until: number; readonly error: unknown } | undefined;

  constructor(
    private readonly keyring: KekKeyring,
    { forMs, now = () => performance.now() }: WarmKeksOptions,
  ) {
    this.#now = now;
    this.#kept = new LRUCache({
      max: MOST,
      ttl: forMs,
      ttlResolution: 0,
      // Else one that nobody asks for again would stay in memory until others push it out.
      ttlAutopurge: true,
      perf: { now },
      dispose: (kek) => kek.fill(0),
    });
    this.#asking = new Coalescer({ maxBatch: 1_000, concurrency: 2, flush: (some) => this.fetch(some) });
  }

  /** @returns null for one that the keyring refuses, undefined for one that is cold. Good until the next `await`: it may be wiped then */
  get(wrapped: string): Buffer | null | undefined {
    const kek = this.#kept.get(wrapped);
    return kek === REFUSED ? null : kek;
  }

  /**
   * Has them unwrapped, all together, and together with what others ask for at the same time.
   * @throws CodedError `keyring.unavailable`
   */
  async warm(wrapped: readonly string[]): Promise<void> {
    const error = await this.#asking.submit(wrapped);
    if (error) throw keyringUnavailable(error);
  }

  /** Never rejects: a batch that failed would be tried again one by one. @returns for each why it failed, if it did */
  private async fetch(some: readonly (readonly string[])[]): Promise<readonly unknown[]> {
    const cold = [...new Set(some.flat())].filter((one) => this.get(one) === undefined);
    try {
      if (cold.length > 0 && this.#away && this.#now() < this.#away.until) throw this.#away.error;
      await Promise.all(inPieces(cold).map((piece) => this.unwrap(piece)));
      return some.map(() => undefined);
    } catch (error) {
      if (error !== this.#away?.error) this.#away = { until: this.#now() + AWAY_MS, error };
      return some.map(() => error);
    }
  }

  private async unwrap(piece: readonly string[]): Promise<void> {
    // What is answered is as old as the question.
    const start = this.#now();
    const placed = piece.map((one) => ({ bytes: Buffer.from(one, 'latin1'), place: KEK_PLACE }));
    const keks = await this.keyring.unwrapEach(placed);
    for (const [at, wrapped] of piece.entries()) {
      const kek = keks[at];
      if (kek?.length === KEY_BYTES) this.#kept.set(wrapped, kek, { start });
      else this.#kept.set(wrapped, REFUSED, { ttl: REFUSED_MS });
    }
  }
}

export function inPieces<T>(items: readonly T[]): T[][] {
  const pieces: T[][] = [];
  for (let at = 0; at < items.length; at += KEKS_A_REQUEST) pieces.push(items.slice(at, at + KEKS_A_REQUEST));
  return pieces;
}
