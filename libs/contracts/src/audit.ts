import { z } from 'zod';
import { defineRoute } from './route.js';

const ability = { action: 'read', resource: 'AuditLog' } as const;
const audience = ['staff'] as const;

export const readAuditEntries = defineRoute({
  id: 'audit.entries',
  method: 'GET',
  path: '/v1/audit/entries',
  summary: 'Entries of the audit log in their order, page by page',
  tag: 'Audit',
  audience,
  ability,
  query: z.strictObject({
    cursor: z
      .string()
      .regex(/^\d{1,15}$/)
      .optional()
      .describe('`next` of the page before; absent for the first'),
    limit: z.coerce.number().int().min(1).max(1_000).default(100),
  }),
  reply: z.object({
    // The entry exactly as it was written; its format is declared by the audit log.
    items: z.array(z.object({ position: z.int(), entry: z.record(z.string(), z.unknown()).nullable() })),
    next: z.string().nullable(),
  }),
});

export const exportAuditLog = defineRoute({
  id: 'audit.export',
  method: 'GET',
  path: '/v1/audit/export',
  summary: 'The whole log as NDJSON for the offline verifier',
  tag: 'Audit',
  audience,
  ability,
  problems: ['audit.no_checkpoint'],
});

export const readCheckpoint = defineRoute({
  id: 'audit.checkpoint',
  method: 'GET',
  path: '/v1/audit/checkpoint',
  summary: 'The newest signed checkpoint (C2SP tlog-checkpoint) and the key it is checked with',
  tag: 'Audit',
  audience: ['public'],
  reply: z.object({ size: z.int(), note: z.string(), key: z.string() }),
  problems: ['audit.no_checkpoint'],
});
