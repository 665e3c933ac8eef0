import { argon2id } from '@noble/hashes/argon2.js';
import { expect, it } from 'vitest';

it('argon2id is that of RFC 9106, section 5.3', () => {
  const tag = argon2id(Buffer.alloc(32, 1), Buffer.alloc(16, 2), {
    m: 32,
    t: 3,
    p: 4,
    key: Buffer.alloc(8, 3),
    personalization: Buffer.alloc(12, 4),
    dkLen: 32,
  });
  expect(Buffer.from(tag).toString('hex')).toBe(
    '0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659',
  );
});
