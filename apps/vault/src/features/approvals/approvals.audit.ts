import { defineAction } from '@integument/audit-log';
import { OPERATION_NAMES, operation, REFUSALS, REVIEW_OUTCOMES } from '@integument/contracts';
import { encodeId } from '@integument/crypto';
import { z } from 'zod';
import type { ApprovalRow } from './approvals.store.js';

const member = z.string().regex(/^[0-9a-f]{32}$/);
/** What exactly was asked for: the digest is that of operation and parameters, which anybody can compute. */
const asked = z.strictObject({
  operation: z.enum(OPERATION_NAMES),
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  account: member.optional(),
});

export const approvalRequested = defineAction('approvals.request', asked);
export const glassBroken = defineAction('approvals.break_glass', asked);
export const approvalGiven = defineAction('approvals.approve', asked);
export const approvalRefused = defineAction('approvals.refuse', asked.extend({ refusal: z.enum(REFUSALS) }));
export const approvalTakenBack = defineAction('approvals.take_back', asked);
export const approvalRead = defineAction('approvals.read', asked);
export const approvalsRead = defineAction('approvals.list');
/** Beside the API's own entry, which knows staff by their session alone. */
export const approvalRedeemed = defineAction('approvals.redeem', asked.extend({ staff: member }));
export const useReviewed = defineAction(
  'approvals.review',
  asked.extend({ outcome: z.enum(REVIEW_OUTCOMES), reference: z.string().regex(/^[A-Z]{1,8}-\d{1,12}$/) }),
);

/** What every entry about an approval says of it. */
export function aboutOf(row: ApprovalRow) {
  return {
    object: encodeId('apr', row.approval_id),
    reason: reasonOf(row),
    details: askedIn(row),
    ...subjectOf(row),
  };
}

export function reasonOf({ reason_code: code, reason_reference: reference }: ApprovalRow) {
  return { code, reference };
}

/**
 * The same of a review, but for the reason: with that of an emergency it would look like another one, to the alert rule
 * as to a reader.
 */
export function reviewedIn(row: ApprovalRow) {
  const { reason: _, ...about } = aboutOf(row);
  return about;
}

function askedIn(row: ApprovalRow) {
  return {
    operation: row.operation,
    digest: row.digest.toString('hex'),
    account: row.account?.toString('hex'),
  };
}

function subjectOf(row: ApprovalRow): { subject?: Buffer } {
  const { subject } = operation(row.operation);
  const named = subject === undefined ? undefined : row.parameters[subject];
  return typeof named === 'string' ? { subject: Buffer.from(named, 'base64url') } : {};
}
