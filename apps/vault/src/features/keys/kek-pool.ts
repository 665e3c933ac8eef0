import { randomKey } from '@integument/crypto';
import { type KekKeyring, KeyringRefused, keyringUnavailable } from '../keyring/index.js';
import { inPieces, KEK_PLACE } from './warm-keks.js';

export interface NewKek {
  readonly kek: Buffer;
  /** as the keyring wrapped it */
  readonly wrapped: Buffer;
  /** when it was about to be wrapped */
  readonly at: number;
}

export interface KekPoolOptions {
  /** how many are kept ready */
  readonly size?: number;
  /** milliseconds of a clock that never goes back */
  readonly now?: () => number;
}

const SIZE = 1_000;
/**
 * For no longer than this one may wait to be used. Whoever runs the keyring takes old versions of its key away once nothing can lie
 * under them any more: in a vault where little happens something would else begin to, weeks later.
 */
const GOOD_MS = 3_600_000;
/** A keyring that is away is not asked by each of those who take one. */
const AWAY_MS = 1_000;

/** New KEKs, wrapped ahead, so that whoever needs one inside a transaction waits for nobody. Nothing lies under one before it is taken. */
export class KekPool {
  readonly #kept: NewKek[] = [];
  readonly #size: number;
  readonly #now: () => number;
  #wanted = 0;
  #filling: Promise<void> | undefined;
  #notBefore = -Infinity;

  constructor(
    private readonly keyring: KekKeyring,
    options: KekPoolOptions = {},
  ) {
    this.#size = options.size ?? SIZE;
    this.#now = options.now ?? (() => performance.now());
  }

  has(count: number): boolean {
    this.prune();
    return this.#kept.length >= count;
  }

  /** One for one key, once. Below half the pool is filled again in the background. */
  take(): NewKek | undefined {
    this.prune();
    const taken = this.#kept.shift();
    // A failure shows where there is nothing left to take.
    if (this.#kept.length < this.#size / 2 && this.#now() >= this.#notBefore)
      void this.fill().catch(() => undefined);
    return taken;
  }

  /** Resolves when there are as many for this caller, and as many as others wait for. @throws CodedError `keyring.unavailable` */
  async ready(count: number): Promise<void> {
    this.#wanted += count;
    try {
      await this.fill();
    } catch (error) {
      throw keyringUnavailable(error);
    } finally {
      this.#wanted -= count;
    }
  }

  private fill(): Promise<void> {
    this.#filling ??= this.pour()
      .catch((error: unknown) => {
        this.#notBefore = this.#now() + AWAY_MS;
        throw error;
      })
      .finally(() => {
        this.#filling = undefined;
      });
    return this.#filling;
  }

  /** The oldest are in front. */
  private prune(): void {
    const since = this.#now() - GOOD_MS;
    while ((this.#kept[0]?.at ?? Infinity) < since) this.#kept.shift()?.kek.fill(0);
  }

  private async pour(): Promise<void> {
    for (;;) {
      this.prune();
      const missing = Math.max(this.#size, this.#wanted) - this.#kept.length;
      if (missing <= 0) return;
      const fresh = Array.from({ length: missing }, () => ({ bytes: randomKey(), place: KEK_PLACE }));
      const made = await Promise.all(inPieces(fresh).map((piece) => this.wrapped(piece)));
      this.#kept.push(...made.flat());
    }
  }

  /** Before anything lies under them it is seen that they open again: a data key whose KEK doesn't is lost. */
  private async wrapped(fresh: readonly { bytes: Buffer; place: Buffer }[]): Promise<NewKek[]> {
    const at = this.#now();
    const wrapped = await this.keyring.wrap(fresh);
    const placed = wrapped.map((bytes) => ({ bytes, place: KEK_PLACE }));
    const opened = await this.keyring.unwrapEach(placed);
    return fresh.map(({ bytes: kek }, nth) => {
      const [text, again] = [wrapped[nth], opened[nth]];
      if (!text || !again?.equals(kek)) throw new KeyringRefused('the keyring wrapped a key into another');
      again.fill(0);
      return { kek, wrapped: text, at };
    });
  }
}
