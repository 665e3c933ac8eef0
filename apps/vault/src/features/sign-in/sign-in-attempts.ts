import { createHash } from 'node:crypto';
import { context, open, SealBroken, seal } from '@integument/crypto';
import type { Mark } from '@integument/database';
import { type DomainKeys, SessionSecret } from '../keys/index.js';

/** What has to come back, or is needed, when a sign-in that was begun in a browser is finished there. */
export interface Attempt {
  readonly issuer: string;
  readonly redirectUri: string;
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly returnTo: string | null;
  /** the provider must have asked for the password just now */
  readonly fresh: boolean;
  /** milliseconds since the epoch */
  readonly expiresAt: number;
}

/** Version 2: one of version 1 did not say at which provider it was begun. */
const NAME = 'integument/sign-in-attempt/v2';
const PLACE = context(NAME);

/** Attempts travel sealed in a cookie of their browser: a code stolen into another browser is worth nothing there. */
export class SignInAttempts {
  readonly #secret: SessionSecret;

  constructor(
    keys: DomainKeys,
    private readonly now: () => number = Date.now,
  ) {
    this.#secret = new SessionSecret(keys, NAME);
  }

  seal(attempt: Attempt): string {
    return seal(this.#secret.sealing(), Buffer.from(JSON.stringify(attempt)), PLACE).toString('base64url');
  }

  /** @returns null for what we did not seal, and for one that is too old */
  open(cookie: string): Attempt | null {
    const sealed = Buffer.from(cookie, 'base64url');
    for (const key of this.#secret.all()) {
      const text = opened(key, sealed);
      if (!text) continue;
      const attempt = JSON.parse(text.toString('utf8')) as Attempt;
      return attempt.expiresAt > this.now() ? attempt : null;
    }
    return null;
  }
}

function opened(key: Buffer, sealed: Buffer): Buffer | null {
  try {
    return open(key, sealed, PLACE);
  } catch (error) {
    if (error instanceof SealBroken) return null;
    throw error;
  }
}

/** Whoever kept the cookie can't use it again: its state is spent. */
export function markOf({ state, expiresAt }: Attempt): Mark {
  const mark = createHash('sha256').update(context('integument/sign-in-attempt/spent/v1', state)).digest();
  return { mark, expiresAt: new Date(expiresAt) };
}
