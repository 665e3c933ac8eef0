import { CodedError } from '@integument/contracts';
import type { Soon } from '../soon.js';
import { CLOCKS, type Clocks, Lease } from './lease.js';

export interface LeasesOptions<Found> {
  /** how long an answer is believed; milliseconds */
  readonly ms: number;
  /** Asks, and calls `lease.begin()` when the question is about to be sent. Gives null for what there is not. */
  readonly look: (key: string, lease: Lease<Found>) => Promise<Found | null>;
  /** Believes as long that there is nothing: then who adds something waits, too. */
  readonly keepsNothing?: true;
  /** of the refusal where every answer came too late: `sessions.unavailable` */
  readonly code: `${string}.${string}`;
  readonly clocks?: Clocks;
}

const TRIES = 3;
const KEYS_MAX = 10_000;

/**
 * What was read within the last moment, by its key, so that requests that come together cost one look. Keys stand here as they are, and
 * some are secrets, so not for longer than a lease or two: of two spans the older is dropped whole.
 */
export class Leases<Found> {
  #young = new Map<string, Lease<Found>>();
  #old = new Map<string, Lease<Found>>();
  #turnAt = 0;
  readonly #asked = new Map<string, Promise<Lease<Found>>>();
  readonly #clocks: Clocks;

  constructor(private readonly options: LeasesOptions<Found>) {
    this.#clocks = options.clocks ?? CLOCKS;
  }

  /**
   * @returns without a promise where a lease is there; one that held just now, or of nothing
   * @throws CodedError 503 where each answer was too old when it came: what it said may have ended meanwhile
   */
  hold(key: string): Soon<Lease<Found>> {
    return this.get(key) ?? this.insist(key);
  }

  /** @returns null unless a lease holds right now */
  get(key: string): Lease<Found> | null {
    const lease = this.#young.get(key) ?? this.#old.get(key);
    return lease?.holds() ? lease : null;
  }

  /**
   * Looks once; requests that come meanwhile share the look.
   * @returns a lease that may have run out by now, or one of nothing
   */
  ask(key: string): Promise<Lease<Found>> {
    const running = this.#asked.get(key);
    if (running) return running;
    const asked = this.lookUp(key).finally(() => this.#asked.delete(key));
    this.#asked.set(key, asked);
    return asked;
  }

  private async insist(key: string): Promise<Lease<Found>> {
    for (let tries = 0; tries < TRIES; tries++) {
      const lease = await this.ask(key);
      if (lease.found === null || lease.holds()) return lease;
    }
    throw new CodedError(this.options.code, 503, 'This cannot be looked up just now. Try again.', {
      headers: { 'retry-after': '1' },
    });
  }

  private async lookUp(key: string): Promise<Lease<Found>> {
    const lease = new Lease<Found>(this.#clocks, this.options.ms);
    lease.found = await this.options.look(key, lease);
    if (lease.found !== null || this.options.keepsNothing) this.keep(key, lease);
    return lease;
  }

  private keep(key: string, lease: Lease<Found>): void {
    const now = this.#clocks.steady();
    if (now >= this.#turnAt) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#turnAt = now + this.options.ms;
    }
    if (this.#young.size < KEYS_MAX) this.#young.set(key, lease);
  }
}
