import type { Caller } from '@integument/authz';
import { BlindIndex } from '@integument/crypto';
import { limitedCaller } from './limited-as.js';
import { RateLimited } from './rate-limited.js';
import type { SharedCounts } from './shared-counts.js';

export interface StrictAllowancesOptions {
  readonly shared: SharedCounts;
  /** 32 bytes, of this installation and for nothing else: the store's names are digests under it. Or what makes them */
  readonly key: Buffer | Pick<BlindIndex, 'digest'>;
  /** milliseconds since the epoch */
  readonly now?: () => number;
}

const MINUTE_MS = 60_000;

/**
 * Allowances of a minute that all replicas count together, each use at once: for what is rare and must not happen once more than it may.
 * Where the store is away nothing is allowed. `WindowCounts` is for the others: it asks the store seldom, and lets a little more through.
 */
export class StrictAllowances {
  readonly #names: Pick<BlindIndex, 'digest'>;
  readonly #now: () => number;

  constructor(private readonly options: StrictAllowancesOptions) {
    this.#names = Buffer.isBuffer(options.key) ? new BlindIndex(options.key) : options.key;
    this.#now = options.now ?? Date.now;
  }

  /**
   * @param of what it is an allowance of
   * @param uses how many at once; where they don't all fit none may be used
   * @returns the refusal where this use was one too many. Outside of any transaction: it takes a connection of its own
   */
  async take(caller: Caller, of: string, perMinute: number, uses = 1): Promise<RateLimited | null> {
    const as = limitedCaller(caller);
    if (!as) return null;
    const now = this.#now();
    const digest = this.#names.digest('strict', `${of} ${as.whose}`).toString('base64url');
    // A little longer than the window: replicas' clocks differ.
    const used = await this.options.shared.add(`${digest}.${Math.floor(now / MINUTE_MS)}`, uses, 65);
    if (used <= perMinute) return null;
    const seconds = Math.ceil((MINUTE_MS - (now % MINUTE_MS)) / 1_000);
    // Each is written to the log: the class of the route has an end, too.
    return new RateLimited(seconds, true, () => undefined);
  }
}
