import { createHash } from 'node:crypto';
import { canonicalJson, type Json } from './canonical-json.js';
import { context } from './context.js';

/**
 * Names one operation with just these parameters: what a second person agrees to, and what is carried out, are the same
 * thing where this is the same.
 * @returns SHA-256, 32 bytes
 */
export function operationDigest(operation: string, parameters: Json): Buffer {
  return createHash('sha256')
    .update(context('integument/operation/v1', operation, canonicalJson(parameters)))
    .digest();
}
