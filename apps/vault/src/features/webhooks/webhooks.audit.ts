import { defineAction } from '@integument/audit-log';
import { WEBHOOK_EVENTS } from '@integument/contracts';
import { z } from 'zod';

// The object is the client. Of a URL scheme, host and port: its path and query may hold a secret.
export const webhookRead = defineAction('webhooks.read');
export const webhookPut = defineAction(
  'webhooks.put',
  z.strictObject({
    origin: z
      .string()
      .max(300)
      .regex(/^https?:\/\/[a-z0-9._:[\]-]+$/),
    events: z.array(z.enum(WEBHOOK_EVENTS)),
    made: z.boolean(),
  }),
);
export const webhookSecretRotated = defineAction('webhooks.rotate_secret');
export const webhookRemoved = defineAction('webhooks.remove');
export const deadLettersListed = defineAction('webhooks.dead_letters');
export const deadLettersReplayed = defineAction('webhooks.replay');
export const webhookSwitchedOff = defineAction(
  'webhooks.switch_off',
  z.strictObject({ because: z.enum(['failing', 'gone']) }),
);

/** What the vault does by itself. */
export const VAULT = { outcome: 'done', actor: { kind: 'system', id: 'webhooks' } } as const;
