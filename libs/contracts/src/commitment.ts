import { z } from 'zod';

/** Base64url of 32 bytes: what an audit entry says in place of whom it is about. */
export const commitment = z
  .string()
  .regex(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/)
  .describe('`subject` of an audit entry');
