import { createHmac } from 'node:crypto';
import type { DomainKeys } from './domain-keys.js';

const NAME_BYTES = 16;

/**
 * By what staff are known: a keyed digest of their account at an OpenID provider. It stands in the audit log and in approvals
 * for good, so its key is one of its own, which is never rotated. No person is named under it.
 */
export class StaffNames {
  constructor(private readonly keys: Pick<DomainKeys, 'secret'>) {}

  of(issuer: string, subject: string): Buffer {
    const account = JSON.stringify([issuer, subject]);
    return createHmac('sha256', this.keys.secret('name')).update(account).digest().subarray(0, NAME_BYTES);
  }
}
