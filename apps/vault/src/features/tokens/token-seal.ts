import { context } from '@integument/crypto';
import type { LiveIndex, Stamped } from '../keys/index.js';

/** What a token's value is bound to: moved to another token, it does not open. */
export function tokenPlace(token: Buffer): Buffer {
  return context('token', token);
}

/** Of a token that is the same for the same value: by what it is found. */
export function tokenStamp(index: LiveIndex, domain: string, field: string, value: string): Stamped {
  return index.stamp('token', tokenText(domain, field, value));
}

/** The same under each version of the index key, the oldest first. */
export function tokenDigests(index: LiveIndex, domain: string, field: string, value: string): Buffer[] {
  return index.digests('token', tokenText(domain, field, value));
}

function tokenText(domain: string, field: string, value: string): string {
  return JSON.stringify([domain, field, value]);
}
