import { z } from 'zod';
import { approvalId, sessionPseudonym, staffId } from './ids.js';
import { BREAK_GLASS_NAMES, choiceOf, OPERATION_NAMES } from './operations.js';
import { reason } from './people.js';
import { defineRoute, type RouteContract } from './route.js';

/** Operations that take a second person: asked for, decided about by somebody else, carried out once. */

/** Why the second person said no. No text of their own: a name could stand in it. */
export const REFUSALS = ['not_justified', 'wrong_parameters', 'not_now'] as const;
export type Refusal = (typeof REFUSALS)[number];
export const REVIEW_OUTCOMES = ['justified', 'not_justified'] as const;
export type ReviewOutcome = (typeof REVIEW_OUTCOMES)[number];
/** `void`: one of its two people was dismissed or got other roles. */
export const APPROVAL_STATES = [
  'requested',
  'approved',
  'used',
  'refused',
  'taken_back',
  'expired',
  'void',
] as const;
export type ApprovalState = (typeof APPROVAL_STATES)[number];

const { code, reference } = reason.shape;
/** An emergency is its own request: what is asked for in the usual way must not look like one in the log. */
const usualReason = z.strictObject({ code: code.exclude(['break-glass']), reference });
const emergency = z.strictObject({ code: z.literal('break-glass'), reference });

const approval = z.object({
  approval: approvalId,
  operation: z.enum(OPERATION_NAMES),
  summary: z.string().describe('What the operation does'),
  parameters: z.record(z.string(), z.union([z.string(), z.array(z.string()), z.boolean()])),
  reason,
  state: z.enum(APPROVAL_STATES),
  requestedBy: staffId,
  mine: z.boolean().describe('Whether you asked for it'),
  requestedAt: z.iso.datetime(),
  decidedBy: staffId.nullable(),
  refusal: z.enum(REFUSALS).nullable(),
  expiresAt: z.iso.datetime(),
  breakGlass: z.boolean(),
  review: z
    .object({ reviewedBy: staffId, outcome: z.enum(REVIEW_OUTCOMES), reference })
    .nullable()
    .describe('Of a use of break-glass'),
});
export type ApprovalView = z.input<typeof approval>;

const common = {
  tag: 'Approvals',
  audience: ['staff'],
  reply: approval,
} as const satisfies Partial<RouteContract>;
const params = z.strictObject({ approval: approvalId });
const MAY_NOT_ASK = ['approvals.not_allowed'];

/** What using an approval can be refused with: for the routes that take one. */
export const USE_PROBLEMS = [
  'approvals.not_found',
  'approvals.not_allowed',
  'approvals.not_approved',
  'approvals.other_parameters',
  'approvals.over',
];

export const requestApproval = defineRoute({
  ...common,
  id: 'approvals.request',
  method: 'POST',
  path: '/v1/approvals',
  stepUp: true,
  summary: 'Ask for an operation that somebody else has to agree to',
  ability: { action: 'request', resource: 'Approval' },
  body: choiceOf(OPERATION_NAMES, { reason: usualReason }),
  status: 201,
  problems: [...MAY_NOT_ASK, 'approvals.asked_already', 'approvals.too_many'],
});

export const breakGlass = defineRoute({
  ...common,
  id: 'approvals.break_glass',
  method: 'POST',
  path: '/v1/approvals/break-glass',
  stepUp: true,
  summary:
    'In an emergency, be your own second person: once, within 15 minutes, with an alert, and a review by somebody else',
  ability: { action: 'break-glass', resource: 'Approval' },
  body: choiceOf(BREAK_GLASS_NAMES, { reason: emergency }),
  status: 201,
  problems: [...MAY_NOT_ASK, 'approvals.review_overdue', 'approvals.reviews_open'],
});

export const listApprovals = defineRoute({
  ...common,
  id: 'approvals.list',
  method: 'GET',
  path: '/v1/approvals',
  summary: 'What waits for your decision, what you asked for, or which uses of break-glass you can review',
  ability: { action: 'read', resource: 'Approval' },
  query: z.strictObject({ show: z.enum(['waiting', 'mine', 'review']).default('waiting') }),
  reply: z.object({ approvals: z.array(approval) }),
});

export const readApproval = defineRoute({
  ...common,
  id: 'approvals.read',
  method: 'GET',
  path: '/v1/approvals/:approval',
  summary: 'One that you asked for, or that is yours to decide about',
  ability: { action: 'read', resource: 'Approval' },
  params,
  problems: ['approvals.not_found'],
});

export const approveApproval = defineRoute({
  ...common,
  id: 'approvals.approve',
  method: 'POST',
  path: '/v1/approvals/:approval/approve',
  stepUp: true,
  summary: 'Agree to what somebody else asked for, just as it stands there',
  ability: { action: 'decide', resource: 'Approval' },
  params,
  problems: ['approvals.not_found', 'approvals.same_person', 'approvals.decided', 'approvals.over'],
});

export const refuseApproval = defineRoute({
  ...common,
  id: 'approvals.refuse',
  method: 'POST',
  path: '/v1/approvals/:approval/refuse',
  summary: 'Say no to what somebody else asked for',
  ability: { action: 'decide', resource: 'Approval' },
  params,
  body: z.strictObject({ refusal: z.enum(REFUSALS) }),
  problems: ['approvals.not_found', 'approvals.same_person', 'approvals.decided', 'approvals.over'],
});

export const takeBackApproval = defineRoute({
  ...common,
  id: 'approvals.take_back',
  method: 'POST',
  path: '/v1/approvals/:approval/take-back',
  summary: 'Take back what you asked for, agreed to or not, before it is used',
  ability: { action: 'request', resource: 'Approval' },
  params,
  problems: ['approvals.not_found', 'approvals.over'],
});

export const reviewApproval = defineRoute({
  ...common,
  id: 'approvals.review',
  method: 'POST',
  path: '/v1/approvals/:approval/review',
  stepUp: true,
  summary: 'Close the review of somebody else’s use of break-glass',
  ability: { action: 'review', resource: 'Approval' },
  params,
  body: z.strictObject({ outcome: z.enum(REVIEW_OUTCOMES), reference }),
  problems: ['approvals.not_found', 'approvals.same_person', 'approvals.reviewed'],
});

/**
 * For an operation that the API carries out. The answer is yes (204) or no (409, one code for every reason) and names nobody. A yes
 * uses the approval up, whatever becomes of the API's effect: it redeems last.
 */
export const redeemApproval = defineRoute({
  id: 'approvals.redeem',
  method: 'POST',
  path: '/internal/v1/approvals/redeem',
  summary: 'Use an approval up, for just this operation in a session of whoever asked for it',
  tag: 'Approvals',
  audience: ['api-process'],
  ability: { action: 'redeem', resource: 'Approval' },
  body: z.strictObject({
    approval: approvalId,
    operation: z.enum(OPERATION_NAMES),
    digest: z
      .string()
      .regex(/^[A-Za-z0-9_-]{43}$/)
      .describe('`operationDigest` of operation and parameters'),
    session: sessionPseudonym.describe('In which it is carried out'),
  }),
  status: 204,
  problems: ['approvals.not_redeemable'],
});
