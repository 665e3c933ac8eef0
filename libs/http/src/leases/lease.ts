import { setTimeout as sleep } from 'node:timers/promises';

/** How long a replica may go on believing what it read of a session. */
export const SESSION_LEASE_MS = 250;
/**
 * The same of a client. Longer, since what clients are registered for changes a few times a year, by an admin who can wait a second; the
 * API asks the vault for each of its clients as often as this.
 */
export const CLIENT_LEASE_MS = 1_000;
/** The same of which version of the stored rules is in force. */
export const RULES_LEASE_MS = 1_000;
/** Clocks are read in whole or broken milliseconds, and timers may be early by one. */
const MARGIN_MS = 20;

/**
 * Resolves when no replica believes any more what it read before. Whoever ends or changes something that is believed waits for this
 * after the commit and before the answer: so after the answer no request succeeds by what was anywhere. No replica has to be known, asked
 * or even reachable for it, as it would have to be for a message that takes entries out of caches.
 * @param ms the length of the leases on what was changed
 */
async function leasesOver(ms: number): Promise<void> {
  await sleep(ms + MARGIN_MS);
}

export const sessionLeasesOver = () => leasesOver(SESSION_LEASE_MS);
export const clientLeasesOver = () => leasesOver(CLIENT_LEASE_MS);
export const rulesLeasesOver = () => leasesOver(RULES_LEASE_MS);

export interface Clocks {
  /** milliseconds; goes on evenly, but may stand still while a machine sleeps */
  readonly steady: () => number;
  /** milliseconds since the epoch; may be set */
  readonly wall: () => number;
}

export const CLOCKS: Clocks = { steady: () => performance.now(), wall: () => Date.now() };

/** What was read, and for how long that may be believed. */
export class Lease<Found> {
  #steady = 0;
  #wall = 0;

  /** Begins now, and again where {@link begin} is called. */
  constructor(
    private readonly clocks: Clocks,
    private ms: number,
    public found: Found | null = null,
  ) {
    this.begin();
  }

  /** To be called before the question is sent: the answer may have been true only in the first moment. */
  begin(): void {
    this.#steady = this.clocks.steady();
    this.#wall = this.clocks.wall();
  }

  /** What was read is true for so long at least, from the moment that it was read, and may end then. */
  atMost(ms: number): void {
    this.ms = Math.min(this.ms, ms);
  }

  holds(): boolean {
    return this.age() < this.ms;
  }

  /** Milliseconds since it began, by the clock that says more; for ever where one went back. */
  age(): number {
    const steady = this.clocks.steady() - this.#steady;
    const wall = this.clocks.wall() - this.#wall;
    return steady < 0 || wall < 0 ? Number.POSITIVE_INFINITY : Math.max(steady, wall);
  }
}
