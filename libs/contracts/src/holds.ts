import { z } from 'zod';
import { holdId, pseudonym } from './ids.js';
import { reason } from './people.js';
import { PURPOSE_NAMES } from './purposes.js';
import { defineRoute } from './route.js';

/** On what data is kept that would be erased otherwise. A ground is declared here or is none. */
export const HOLD_GROUNDS = {
  'legal-claims': 'GDPR Art. 17(3)(e)',
  'legal-obligation': 'GDPR Art. 17(3)(b)',
} as const;
export type HoldGround = keyof typeof HOLD_GROUNDS;
export const HOLD_GROUND_NAMES = Object.keys(HOLD_GROUNDS) as [HoldGround, ...HoldGround[]];

/** For how many days at once, so that somebody looks again: recorded anew it goes on. */
export const HOLD_DAYS_MOST = 1_095;

export const holdTerms = {
  ground: z.enum(HOLD_GROUND_NAMES),
  until: z.iso.date().describe('The last day'),
};
const told = {
  ...holdTerms,
  article: z.string().describe('What the ground rests on'),
};

/** As the person is told of it. */
export const keptOn = z.object(told);

const view = z.object({
  hold: holdId,
  purpose: z.enum(PURPOSE_NAMES),
  ...told,
  reference: z.string(),
  recordedOn: z.iso.date(),
});
export type HoldView = z.output<typeof view>;

const common = { tag: 'Consent', audience: ['staff'] } as const;

export const recordHold = defineRoute({
  ...common,
  id: 'holds.record',
  method: 'POST',
  path: '/v1/holds',
  stepUp: true,
  summary:
    'Keep what is behind a permit from being erased when its time is up, on a ground and until a day. Nothing of it is processed for that',
  ability: { action: 'record', resource: 'Hold' },
  body: z.strictObject({
    permit: pseudonym,
    ...holdTerms,
    reference: reason.shape.reference,
  }),
  status: 201,
  reply: view,
  problems: ['permits.not_found', 'holds.too_late', 'holds.day_out_of_range'],
});

export const listHolds = defineRoute({
  ...common,
  id: 'holds.list',
  method: 'GET',
  path: '/v1/holds',
  summary: 'Holds that stand, those that end soonest first; whose they are it doesn’t say',
  ability: { action: 'read', resource: 'Hold' },
  reply: z.object({ holds: z.array(view) }),
});

export const liftHold = defineRoute({
  ...common,
  id: 'holds.lift',
  method: 'DELETE',
  path: '/v1/holds/:hold',
  stepUp: true,
  summary: 'Lift a hold before its day: what is due is erased within the hour; repeatable',
  ability: { action: 'lift', resource: 'Hold' },
  params: z.strictObject({ hold: holdId }),
  reply: z.object({ hold: holdId, liftedOn: z.iso.date() }),
  problems: ['holds.not_found'],
});
