import { z } from 'zod';
import { AUDITORS } from './audit.js';
import { defineRoute } from './route.js';

// Not `coerce`, which reads nothing at all as 0: a proof of another entry than was meant would still hold.
const natural = (least: number) =>
  z
    .string()
    .regex(/^(?:0|[1-9][0-9]{0,15})$/)
    .transform(Number)
    .pipe(z.int().min(least));
const hash = z.base64().describe('32 bytes in base64');

export const proveInclusion = defineRoute({
  ...AUDITORS,
  id: 'audit.inclusion',
  method: 'GET',
  path: '/v1/audit/proofs/inclusion',
  summary:
    'Proof that an entry is in the tree of a size (RFC 6962, section 2.1.1), the neighbour of the entry first',
  query: z
    .strictObject({
      position: natural(0).describe('Of the entry, from 0'),
      size: natural(1).describe('Of the tree; a signed checkpoint has its root'),
    })
    .refine((asked) => asked.position < asked.size, { path: ['position'], error: 'not below `size`' }),
  reply: z.object({
    position: z.int(),
    size: z.int(),
    leaf: hash.describe('SHA-256 of a zero byte and the entry, in base64'),
    hashes: z.array(hash),
  }),
  problems: ['audit.beyond_log', 'audit.no_checkpoint'],
});

export const proveConsistency = defineRoute({
  ...AUDITORS,
  id: 'audit.consistency',
  method: 'GET',
  path: '/v1/audit/proofs/consistency',
  summary: 'Proof that the tree of one size is the beginning of that of another (RFC 6962, section 2.1.2)',
  query: z
    .strictObject({
      from: natural(1).describe('The smaller size'),
      to: natural(1).describe('The larger one'),
    })
    .refine((asked) => asked.from <= asked.to, { path: ['to'], error: 'below `from`' }),
  reply: z.object({ from: z.int(), to: z.int(), hashes: z.array(hash) }),
  problems: ['audit.beyond_log', 'audit.no_checkpoint'],
});

export const readTlogCheckpoint = defineRoute({
  id: 'audit.tlog_checkpoint',
  method: 'GET',
  path: '/v1/audit/tlog/checkpoint',
  summary: 'The newest signed checkpoint as it stands, for clients of C2SP tlog-tiles',
  tag: 'Audit',
  audience: ['public'],
  media: ['text/plain'],
  problems: ['audit.no_checkpoint'],
});

export const readTlogTile = defineRoute({
  ...AUDITORS,
  id: 'audit.tlog_tile',
  method: 'GET',
  path: '/v1/audit/tlog/tile/*',
  summary: 'A tile of hashes or a bundle of entries (C2SP tlog-tiles): `0/x001/234`, `entries/000.p/7`',
  params: z.strictObject({
    '*': z
      .string()
      .max(60)
      .regex(/^(?:entries|[0-9]{1,2})\/(?:x[0-9]{3}\/)*[0-9]{3}(?:\.p\/[0-9]{1,3})?$/),
  }),
  media: ['application/octet-stream'],
  problems: ['audit.no_tile', 'audit.no_checkpoint'],
});
