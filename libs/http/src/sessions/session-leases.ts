import { setTimeout as sleep } from 'node:timers/promises';
import type { Caller } from '@integument/authz';

/** How long a replica may go on believing what it read of a session. */
export const LEASE_MS = 250;
/** Clocks are read in whole or broken milliseconds, and timers may be early by one. */
const MARGIN_MS = 20;

/**
 * Resolves when no replica believes any more what it read of a session before. Whoever ends or changes one waits for this after the
 * commit and before the answer: so after the answer no request of that session succeeds anywhere. No replica has to be known, asked or
 * even reachable for it, as it would have to be for a message that takes entries out of caches.
 */
export async function leasesOver(): Promise<void> {
  await sleep(LEASE_MS + MARGIN_MS);
}

export interface Clocks {
  /** milliseconds; goes on evenly, but may stand still while a machine sleeps */
  readonly steady: () => number;
  /** milliseconds since the epoch; may be set */
  readonly wall: () => number;
}

const CLOCKS: Clocks = { steady: () => performance.now(), wall: () => Date.now() };

/** What was read of a session, and for how long that may be believed. */
export class Lease {
  readonly #steady: number;
  readonly #wall: number;

  /** Begins now, before the question is sent: the answer may have been true only in the first moment. */
  constructor(
    private readonly clocks: Clocks,
    public caller: Caller | null = null,
  ) {
    this.#steady = clocks.steady();
    this.#wall = clocks.wall();
  }

  holds(): boolean {
    return isShort(this.clocks.steady() - this.#steady) && isShort(this.clocks.wall() - this.#wall);
  }
}

function isShort(ms: number): boolean {
  return ms >= 0 && ms < LEASE_MS;
}

const SECRETS_MAX = 10_000;

/**
 * Sessions that came within the last moment, by the secret of their cookie, so that the requests of a page cost one look together. The
 * secrets stand here as they are, so not for longer than a lease or two: of two spans the older is dropped whole.
 */
export class SessionLeases {
  #young = new Map<string, Lease>();
  #old = new Map<string, Lease>();
  #turnAt = 0;
  readonly #asked = new Map<string, Promise<Lease>>();

  /** @param look asks the database, and tells with `begin` when the question is about to be sent */
  constructor(
    private readonly look: (secret: string, begin: () => void) => Promise<Caller | null>,
    private readonly clocks: Clocks = CLOCKS,
  ) {}

  /** @returns null unless a lease holds right now */
  get(secret: string): Lease | null {
    const lease = this.#young.get(secret) ?? this.#old.get(secret);
    return lease?.holds() ? lease : null;
  }

  /**
   * Looks the session up; requests that come meanwhile share the look.
   * @returns a lease that may have run out by now, or one of nobody
   */
  ask(secret: string): Promise<Lease> {
    const running = this.#asked.get(secret);
    if (running) return running;
    const asked = this.lookUp(secret).finally(() => this.#asked.delete(secret));
    this.#asked.set(secret, asked);
    return asked;
  }

  private async lookUp(secret: string): Promise<Lease> {
    let lease = new Lease(this.clocks);
    const caller = await this.look(secret, () => {
      lease = new Lease(this.clocks);
    });
    lease.caller = caller;
    if (caller) this.keep(secret, lease);
    return lease;
  }

  private keep(secret: string, lease: Lease): void {
    const now = this.clocks.steady();
    if (now >= this.#turnAt) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#turnAt = now + LEASE_MS;
    }
    if (this.#young.size < SECRETS_MAX) this.#young.set(secret, lease);
  }
}
