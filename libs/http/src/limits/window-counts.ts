import type { BlindIndex } from '@integument/crypto';
import { LRUCache } from 'lru-cache';
import type { Soon } from '../soon.js';
import type { SharedCounts } from './shared-counts.js';

export interface WindowCountsOptions {
  /** null: this process counts for itself */
  readonly shared: SharedCounts | null;
  /** makes the names in the store */
  readonly names: Pick<BlindIndex, 'digest'>;
  readonly windowMs: number;
  /** milliseconds since the epoch */
  readonly now: () => number;
  /** told once of each time that the store went away */
  readonly onAway: (error: unknown) => void;
  /** callers remembered at most; 50,000 when absent */
  readonly size?: number;
}

/** What came of one request. */
export interface Taken {
  readonly allowed: boolean;
  /** requests that the window still has */
  readonly left: number;
  /** until the window ends */
  readonly resetMs: number;
  /** the first refusal of this window in this process */
  readonly first: boolean;
  /** Makes the next refusal the first again: this one could not be written down. */
  readonly unsay: () => void;
}

/** What somebody has taken. To be had from {@link WindowCounts.find}, and to be kept for a moment at most: others may find it anew. */
export interface Count {
  readonly digest: string;
  /** Windows of all callers together would all end in the same moment: each begins somewhere else. */
  readonly offset: number;
  window: number;
  /** by all replicas, as the store last said; what is unsent here is not in it */
  known: number;
  unsent: number;
  refused: boolean;
  sending: Promise<void> | null;
}

const SLICES = 50;
const PATIENCE_MS = 1_000;
const AWAY_MS = 5_000;
const SIZE = 50_000;

/**
 * Counts requests in fixed windows, each replica by itself, and tells the store in slices of a fiftieth of the quota: a
 * request as such never asks the store, and who sends less than a slice in a window never shows there.
 *
 * What that lets through: a replica has at most two slices that the others haven't heard of (with two unsent it waits for
 * the store), and learns of theirs when it sends one. So N replicas let through at most `quota · (1 + 2N / 50)` in a
 * window, and two slices or one request each where the quota is below 50. When the store is away each counts
 * alone: at most N times the quota.
 */
export class WindowCounts {
  readonly #counts: LRUCache<string, Count>;
  #awayUntil = 0;

  constructor(private readonly options: WindowCountsOptions) {
    this.#counts = new LRUCache({ max: options.size ?? SIZE });
  }

  /** @param whose stays in this process; the store gets a keyed digest */
  find(whose: string): Count {
    const known = this.#counts.get(whose);
    if (known) return known;
    const digest = this.options.names.digest('rate', whose);
    const offset = digest.readUInt32BE(0) % this.options.windowMs;
    const fresh = { window: -1, known: 0, unsent: 0, refused: false, sending: null };
    const count = { digest: digest.toString('base64url'), offset, ...fresh };
    this.#counts.set(whose, count);
    return count;
  }

  /**
   * Takes one request from an allowance.
   * @param quota of a window
   * @returns a promise only where two slices wait for the store
   */
  take(count: Count, quota: number): Soon<Taken> {
    const now = this.options.now();
    this.turn(count, now);
    if (count.known + count.unsent >= quota) return this.refuse(count, now);
    const slice = Math.max(1, Math.floor(quota / SLICES));
    if (count.sending && count.unsent >= 2 * slice) return count.sending.then(() => this.take(count, quota));
    count.unsent += 1;
    if (count.unsent >= slice && !count.sending && now >= this.#awayUntil) this.send(count, now);
    return {
      allowed: true,
      left: Math.max(0, quota - count.known - count.unsent),
      resetMs: this.resetMs(count, now),
      first: false,
      unsay,
    };
  }

  private turn(count: Count, now: number): void {
    const window = Math.floor((now + count.offset) / this.options.windowMs);
    if (window !== count.window) Object.assign(count, { window, known: 0, unsent: 0, refused: false });
  }

  private refuse(count: Count, now: number): Taken {
    const first = !count.refused;
    count.refused = true;
    return {
      allowed: false,
      left: 0,
      resetMs: this.resetMs(count, now),
      first,
      unsay: () => {
        count.refused = false;
      },
    };
  }

  private resetMs(count: Count, now: number): number {
    const { windowMs } = this.options;
    return windowMs - ((now + count.offset) % windowMs);
  }

  private send(count: Count, now: number): void {
    const { shared } = this.options;
    if (!shared) return;
    const { window, unsent } = count;
    // A little longer than the window: replicas' clocks differ.
    const seconds = Math.ceil(this.resetMs(count, now) / 1_000) + 5;
    count.sending = inTime(shared.add(`${count.digest}.${window}`, unsent, seconds))
      .then(
        (total) => {
          // What was answered late is of a window that is over.
          if (count.window !== window) return;
          count.known = Math.max(count.known, total);
          count.unsent -= unsent;
        },
        (error: unknown) => this.away(error),
      )
      .finally(() => {
        count.sending = null;
      });
  }

  /** For a while nothing is sent: a store that hangs must not make requests wait for it one after the other. */
  private away(error: unknown): void {
    const now = this.options.now();
    if (now >= this.#awayUntil) this.options.onAway(error);
    this.#awayUntil = now + AWAY_MS;
  }
}

function unsay(): void {
  // Nothing was said.
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('the store of the counts does not answer')), PATIENCE_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
