import { z } from 'zod';
import { PERMIT_PROBLEMS } from './permit.js';
import { product, productCategory, productId, SKIN_CONCERNS, SKIN_TYPES } from './products.js';
import { defineRoute } from './route.js';

/** What a person can do with a product. `hidden`: never show it again, and forget that it was liked. */
export const INTERACTIONS = ['viewed', 'saved', 'liked', 'bought', 'hidden'] as const;
export type Interaction = (typeof INTERACTIONS)[number];

const MAX_EVENTS = 1_000;
const event = z.uuid().describe('Chosen by the sender: the same event twice counts once');
const skinType = z.enum(SKIN_TYPES);
const concern = z.enum(SKIN_CONCERNS);

/**
 * What somebody did, or told us about their skin. In the body and never in a URL, where it would be logged on the way.
 */
export const preferenceEvent = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('interaction'),
    event,
    product: productId,
    interaction: z.enum(INTERACTIONS),
  }),
  z.strictObject({
    kind: z.literal('profile'),
    event,
    skinTypes: z.array(skinType).max(SKIN_TYPES.length),
    concerns: z.array(concern).max(SKIN_CONCERNS.length),
  }),
]);
export type PreferenceEvent = z.output<typeof preferenceEvent>;

/** Why an item is shown: a code and ids, so that it can be said in any language and holds no text of anybody. */
export const recommendationReason = z.discriminatedUnion('code', [
  z.object({ code: z.literal('because_liked'), product: productId }),
  z.object({ code: z.literal('because_viewed'), product: productId }),
  z.object({ code: z.literal('similar_ingredients'), product: productId }),
  z.object({ code: z.literal('for_concern'), concern }),
  z.object({ code: z.literal('for_skin_type'), skinType }),
  z.object({ code: z.literal('popular') }),
  z.object({ code: z.literal('in_catalogue') }).describe('Nothing is known that would speak for it'),
]);
export type RecommendationReason = z.output<typeof recommendationReason>;

export const recordEvents = defineRoute({
  id: 'events.record',
  method: 'POST',
  path: '/v1/events',
  summary: 'Tell what a person did with products, or what they said about their skin',
  tag: 'Recommendations',
  audience: ['person', 'health-client'],
  ability: { action: 'record', resource: 'PreferenceEvent' },
  body: z.strictObject({ events: z.array(preferenceEvent).min(1).max(MAX_EVENTS) }),
  status: 201,
  reply: z.object({ recorded: z.int(), duplicate: z.int(), unknownProduct: z.int() }),
  problems: PERMIT_PROBLEMS,
});

export const listRecommendations = defineRoute({
  id: 'recommendations.list',
  method: 'GET',
  path: '/v1/recommendations',
  summary: 'Products for one person, best first, each with a reason',
  tag: 'Recommendations',
  audience: ['person', 'health-client'],
  ability: { action: 'read', resource: 'Recommendation' },
  query: z.strictObject({
    limit: z.coerce.number().int().min(1).max(100).default(20),
    category: productCategory.optional(),
  }),
  reply: z.object({
    items: z.array(z.object({ product, reason: recommendationReason })),
    personalised: z.boolean().describe('False while nothing is known about the person'),
  }),
  problems: PERMIT_PROBLEMS,
});
