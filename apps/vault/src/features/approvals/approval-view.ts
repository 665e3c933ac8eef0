import { type ApprovalState, type ApprovalView, operation, type Reason } from '@integument/contracts';
import { encodeId, operationDigest } from '@integument/crypto';
import type { ApprovalRow } from './approvals.store.js';

/** What is shown is not what would be done: somebody has written to the table. */
class AnotherOperation extends Error {
  override readonly name = 'AnotherOperation';
}

/**
 * An approval as its people see it.
 * @throws where the parameters are not those of the digest: the second person would agree to what they were not shown
 */
export function viewOf(row: ApprovalRow, reader: Buffer, now: Date): ApprovalView {
  if (!operationDigest(row.operation, row.parameters).equals(row.digest)) throw new AnotherOperation();
  return {
    approval: encodeId('apr', row.approval_id),
    operation: row.operation,
    summary: operation(row.operation).summary,
    parameters: row.parameters as ApprovalView['parameters'],
    reason: { code: row.reason_code as Reason['code'], reference: row.reason_reference },
    state: stateOf(row, now),
    requestedBy: row.requested_by.toString('hex'),
    mine: row.requested_by.equals(reader),
    requestedAt: row.requested_at.toISOString(),
    decidedBy: row.decided_by?.toString('hex') ?? null,
    refusal: row.refusal,
    expiresAt: row.expires_at.toISOString(),
    breakGlass: row.break_glass,
    review: reviewIn(row),
  };
}

function stateOf({ state, used_at, expires_at, stands }: ApprovalRow, now: Date): ApprovalState {
  if (used_at) return 'used';
  const isOpen = state === 'requested' || state === 'approved';
  if (isOpen && expires_at <= now) return 'expired';
  return isOpen && !stands ? 'void' : state;
}

function reviewIn({ reviewed_by, review_outcome, review_reference }: ApprovalRow): ApprovalView['review'] {
  if (!reviewed_by || !review_outcome || !review_reference) return null;
  return { reviewedBy: reviewed_by.toString('hex'), outcome: review_outcome, reference: review_reference };
}
