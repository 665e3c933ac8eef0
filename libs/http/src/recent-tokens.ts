import type { JWTPayload } from 'jose';

/** A token whose signature and claims were found good. */
export interface Verified {
  readonly claims: JWTPayload;
  /** When it must be looked at again; milliseconds since the epoch. */
  readonly until: number;
}

const SPAN_MS = 1_000;
const TOKENS_MAX = 1_000;

/**
 * Spares the digest of a token that came within the last second or two: it would be a sixth of the time of a small
 * request. Tokens stand here as they are, so not for longer, and few: two spans, of which the older is dropped whole.
 */
export class RecentTokens {
  #young = new Map<string, Verified>();
  #old = new Map<string, Verified>();
  #turnAt = 0;

  get(token: string, now: number): Verified | undefined {
    if (now >= this.#turnAt) this.turn(now);
    const found = this.#young.get(token) ?? this.#old.get(token);
    return found && found.until > now ? found : undefined;
  }

  set(token: string, verified: Verified, now: number): void {
    if (now >= this.#turnAt) this.turn(now);
    if (this.#young.size < TOKENS_MAX) this.#young.set(token, verified);
  }

  private turn(now: number): void {
    // After a pause the young ones are old, too.
    this.#old = now >= this.#turnAt + SPAN_MS ? new Map<string, Verified>() : this.#young;
    this.#young = new Map();
    this.#turnAt = now + SPAN_MS;
  }
}
