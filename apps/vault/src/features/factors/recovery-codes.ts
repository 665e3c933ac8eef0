import { createHash, randomBytes } from 'node:crypto';
import { context } from '@integument/crypto';

export const RECOVERY_CODES = 10;
const CHARACTERS = 24;
// No i, l, o, u to misread.
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** 120 random bits, in fours to copy by hand: above 112 a plain digest is enough to keep of it (OWASP ASVS 5.0.0, 6.5.2). */
export function newRecoveryCode(): string {
  const text = [...randomBytes(CHARACTERS)].map((byte) => ALPHABET[byte & 31]).join('');
  return text.match(/.{4}/g)?.join('-') ?? '';
}

/** What is kept of a code. */
export function recoveryCodeDigest(account: Buffer, code: string): Buffer {
  return createHash('sha256')
    .update(context('integument/recovery-code/v1', account, code))
    .digest();
}
