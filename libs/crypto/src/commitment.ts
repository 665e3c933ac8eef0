import { hash } from 'node:crypto';
import { context } from './context.js';

/**
 * Commits to an identifier without showing it: SHA-256 over a salt of its own and the identifier. The salt is destroyed
 * with the person's or permit's keys; from then on nobody can say whom a commitment stood for.
 * @param salt 16 random bytes, one for each person or permit
 * @returns 32 bytes
 */
export function commit(salt: Uint8Array, id: Uint8Array): Buffer {
  return hash('sha256', context('integument/commitment/v1', salt, id), 'buffer');
}
