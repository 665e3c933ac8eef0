import type { JWTPayload } from 'jose';

/** A token whose signature and claims were found good. */
export interface Verified {
  readonly claims: JWTPayload;
  /** When it must be looked at again; milliseconds since the epoch. */
  readonly until: number;
}

interface Recent {
  readonly token: string;
  readonly verified: Verified;
}

const SPAN_MS = 1_000;
const TOKENS_MAX = 1_000;
/** Of a signature, so that nobody can send many that end alike; and if they do, no more happens than that these are digested. */
const END_CHARS = 24;

/**
 * Spares the digest of a token that came within the last second or two: it would be a sixth of the time of a small
 * request. Tokens stand here as they are, so not for longer, and few: two spans, of which the older is dropped whole.
 * They are found by their ends and then compared whole: a map by the whole would hash each of a thousand characters.
 */
export class RecentTokens {
  #young = new Map<string, Recent>();
  #old = new Map<string, Recent>();
  #turnAt = 0;

  get(token: string, now: number): Verified | undefined {
    if (now >= this.#turnAt) this.turn(now);
    const end = token.slice(-END_CHARS);
    const found = this.#young.get(end) ?? this.#old.get(end);
    return found?.token === token && found.verified.until > now ? found.verified : undefined;
  }

  set(token: string, verified: Verified, now: number): void {
    if (now >= this.#turnAt) this.turn(now);
    if (this.#young.size < TOKENS_MAX) this.#young.set(token.slice(-END_CHARS), { token, verified });
  }

  private turn(now: number): void {
    // After a pause the young ones are old, too.
    this.#old = now >= this.#turnAt + SPAN_MS ? new Map<string, Recent>() : this.#young;
    this.#young = new Map();
    this.#turnAt = now + SPAN_MS;
  }
}
