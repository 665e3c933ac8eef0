import { z } from 'zod';
import { clientId, clientPseudonym, deliveryId } from './ids.js';
import { reason } from './people.js';
import { PURPOSE_NAMES } from './purposes.js';
import { defineRoute } from './route.js';

/**
 * What identity clients are told of people whom they have a name for, signed by Standard Webhooks 1.0: see docs/webhooks.md. The routes
 * here say where to, and show what was not delivered.
 */
export const WEBHOOK_EVENTS = [
  'consent.given',
  'consent.refused',
  'consent.withdrawn',
  'consent.objected',
  'consent.ended',
  'person.erased',
] as const;
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];
/** By which a recipient hears that it may not go on. */
export const STOPPING_EVENTS = ['consent.refused', 'consent.withdrawn', 'consent.objected'] as const;

/** The body of a delivery: this and nothing else. */
export const webhookBody = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.enum(WEBHOOK_EVENTS).exclude(['person.erased']),
    timestamp: z.iso.datetime(),
    data: z.strictObject({ person: clientPseudonym, purpose: z.enum(PURPOSE_NAMES) }),
  }),
  z.strictObject({
    type: z.literal('person.erased'),
    timestamp: z.iso.datetime(),
    data: z.strictObject({ person: clientPseudonym }),
  }),
]);
export type WebhookBody = z.input<typeof webhookBody>;

/** How many deliveries one request can have sent again. */
export const REPLAY_MAX = 1_000;
/** Dead letters in an answer. */
export const DEAD_LETTERS_SHOWN = 200;

const events = z
  .array(z.enum(WEBHOOK_EVENTS))
  .min(1)
  .max(WEBHOOK_EVENTS.length)
  .refine((all) => new Set(all).size === all.length);

const endpoint = z.object({
  client: clientId,
  url: z.string().describe('Without its query, which may hold a secret'),
  events: z.array(z.enum(WEBHOOK_EVENTS)),
  state: z.enum(['on', 'off']),
  offBecause: z
    .enum(['failing', 'gone'])
    .nullable()
    .describe('`failing`: for most of a day nothing else; `gone`: it answered 410'),
  failingSince: z.iso.datetime().nullable(),
  secrets: z.int().describe('Two for a day after a rotation'),
  waiting: z.int(),
  dead: z.int().describe('Given up, and kept for a replay'),
});
export type WebhookView = z.input<typeof endpoint>;
const withSecret = endpoint.extend({
  secret: z.string().nullable().describe('Shown once, where it was made just now'),
});

const common = { tag: 'Webhooks', audience: ['staff'], reply: endpoint } as const;
const reading = { ...common, ability: { action: 'read', resource: 'Webhook' } } as const;
const changing = { ...common, stepUp: true, ability: { action: 'change', resource: 'Webhook' } } as const;
const params = z.strictObject({ client: clientId });

export const readWebhook = defineRoute({
  ...reading,
  id: 'webhooks.read',
  method: 'GET',
  path: '/v1/clients/:client/webhook',
  summary: 'Where a client app is told, and whether that works',
  params,
  problems: ['webhooks.not_found'],
});

export const putWebhook = defineRoute({
  ...changing,
  id: 'webhooks.put',
  method: 'PUT',
  path: '/v1/clients/:client/webhook',
  summary: 'Say where an identity client is told, and what; switches it on again',
  params,
  body: z.strictObject({
    url: z.string().max(2_048).describe('https, on the public Internet, port 443 or 8443'),
    events,
    reason,
  }),
  reply: withSecret,
  problems: ['clients.not_found', 'webhooks.not_identity', 'webhooks.target_refused'],
});

export const rotateWebhookSecret = defineRoute({
  ...changing,
  id: 'webhooks.rotate_secret',
  method: 'POST',
  path: '/v1/clients/:client/webhook/secret',
  summary: 'Make another secret; the one before signs beside it for a day, any older one no more',
  params,
  body: z.strictObject({ reason }),
  reply: withSecret,
  problems: ['webhooks.not_found'],
});

export const removeWebhook = defineRoute({
  ...common,
  stepUp: true,
  ability: { action: 'remove', resource: 'Webhook' },
  id: 'webhooks.remove',
  method: 'DELETE',
  path: '/v1/clients/:client/webhook',
  summary: 'Tell a client app nothing more, and forget what it was not told',
  params,
  status: 204,
  reply: undefined,
  problems: ['webhooks.not_found'],
});

export const listDeadLetters = defineRoute({
  ...reading,
  id: 'webhooks.dead_letters',
  method: 'GET',
  path: '/v1/clients/:client/webhook/dead-letters',
  summary: 'What was not delivered within a day, the oldest first, without saying of whom',
  params,
  reply: z.object({
    deadLetters: z.array(
      z.object({
        delivery: deliveryId,
        type: z.enum(WEBHOOK_EVENTS),
        happenedAt: z.iso.datetime(),
        attempts: z.int(),
        code: z.string().nullable().describe('How the last attempt ended'),
        status: z.int().nullable().describe('HTTP status of its answer'),
      }),
    ),
    more: z.boolean(),
  }),
  problems: ['webhooks.not_found'],
});

export const replayDeadLetters = defineRoute({
  ...common,
  stepUp: true,
  ability: { action: 'replay', resource: 'Webhook' },
  id: 'webhooks.replay',
  method: 'POST',
  path: '/v1/clients/:client/webhook/replay',
  summary: 'Send dead letters again under their ids; what is no dead letter is left alone',
  params,
  body: z.strictObject({
    deliveries: z
      .array(deliveryId)
      .min(1)
      .max(REPLAY_MAX)
      .optional()
      .describe(`The ${REPLAY_MAX} oldest when absent`),
    reason,
  }),
  reply: z.object({ replayed: z.int() }),
  problems: ['webhooks.not_found', 'webhooks.off'],
});
