import type { AuditLog } from '@integument/audit-log';
import type {
  ApprovalId,
  ApprovalView,
  BodyOf,
  listApprovals,
  QueryOf,
  Refusal,
  ReplyOf,
  reviewApproval,
} from '@integument/contracts';
import { decodeId } from '@integument/crypto';
import type { Tx } from '@integument/database';
import { type Asker, by } from '@integument/http';
import { accountOf, type VaultStaff } from '../../platform/callers.js';
import { viewOf } from './approval-view.js';
import {
  aboutOf,
  approvalGiven,
  approvalRead,
  approvalRefused,
  approvalsRead,
  reviewedIn,
  useReviewed,
} from './approvals.audit.js';
import { alreadyDecided, alreadyReviewed, approvalNotFound, over, samePerson } from './approvals.errors.js';
import type { ApprovalRow, ApprovalsStore, Decider } from './approvals.store.js';
import { decidableBy } from './who-may.js';

type Show = QueryOf<typeof listApprovals>['show'];

/** What the second person does. The same account in another session, or with another of its roles, is the same person. */
export class ApprovalDecisions {
  constructor(
    private readonly store: ApprovalsStore,
    private readonly audit: AuditLog,
    private readonly now: () => number = Date.now,
  ) {}

  async list(tx: Tx, asker: Asker<VaultStaff>, show: Show): Promise<ReplyOf<typeof listApprovals>> {
    const rows = await this.shown(tx, deciderIn(asker), show);
    await this.audit.append(tx, approvalsRead({ ...by(asker), count: rows.length }));
    return { approvals: rows.map((row) => this.view(row, asker)) };
  }

  async read(tx: Tx, asker: Asker<VaultStaff>, approval: ApprovalId): Promise<ApprovalView> {
    const row = await this.visible(tx, asker, approval);
    await this.audit.append(tx, approvalRead({ ...by(asker), ...aboutOf(row) }));
    return this.view(row, asker);
  }

  async approve(tx: Tx, asker: Asker<VaultStaff>, approval: ApprovalId): Promise<ApprovalView> {
    const row = await this.decide(tx, asker, approval, null);
    await this.audit.append(tx, approvalGiven({ ...by(asker), ...aboutOf(row) }));
    return this.view(row, asker);
  }

  async refuse(
    tx: Tx,
    asker: Asker<VaultStaff>,
    approval: ApprovalId,
    refusal: Refusal,
  ): Promise<ApprovalView> {
    const row = await this.decide(tx, asker, approval, refusal);
    const { details, ...about } = aboutOf(row);
    await this.audit.append(
      tx,
      approvalRefused({ ...by(asker), ...about, details: { ...details, refusal } }),
    );
    return this.view(row, asker);
  }

  /** Says afterwards whether a use of break-glass was right. */
  async review(
    tx: Tx,
    asker: Asker<VaultStaff>,
    approval: ApprovalId,
    review: BodyOf<typeof reviewApproval>,
  ): Promise<ApprovalView> {
    const approvalId = decodeId('apr', approval);
    const row = await this.store.review(tx, deciderIn(asker), approvalId, review, this.date());
    if (!row) throw await this.whyNotReviewed(tx, asker, approval);
    const { details, ...about } = reviewedIn(row);
    await this.audit.append(tx, useReviewed({ ...by(asker), ...about, details: { ...details, ...review } }));
    return this.view(row, asker);
  }

  private async decide(
    tx: Tx,
    asker: Asker<VaultStaff>,
    approval: ApprovalId,
    refusal: Refusal | null,
  ): Promise<ApprovalRow> {
    const approvalId = decodeId('apr', approval);
    const row = await this.store.decide(tx, deciderIn(asker), approvalId, refusal, this.date());
    if (!row) throw await this.whyNotDecided(tx, asker, approval);
    return row;
  }

  private async whyNotDecided(tx: Tx, asker: Asker<VaultStaff>, approval: ApprovalId) {
    const row = await this.visible(tx, asker, approval);
    if (isOf(row, asker)) return samePerson();
    return row.state === 'requested' ? over() : alreadyDecided();
  }

  private async whyNotReviewed(tx: Tx, asker: Asker<VaultStaff>, approval: ApprovalId) {
    const row = await this.visible(tx, asker, approval);
    if (!row.break_glass) return approvalNotFound();
    return isOf(row, asker) ? samePerson() : alreadyReviewed();
  }

  private async visible(tx: Tx, asker: Asker<VaultStaff>, approval: ApprovalId): Promise<ApprovalRow> {
    const row = await this.store.findVisible(tx, deciderIn(asker), decodeId('apr', approval));
    if (!row) throw approvalNotFound();
    return row;
  }

  private shown(tx: Tx, decider: Decider, show: Show): Promise<ApprovalRow[]> {
    if (show === 'mine') return this.store.findOf(tx, decider.account);
    if (show === 'review') return this.store.findToReview(tx, decider);
    return this.store.findWaiting(tx, decider, this.date());
  }

  private view(row: ApprovalRow, { caller }: Asker<VaultStaff>): ApprovalView {
    return viewOf(row, accountOf(caller), this.date());
  }

  private date(): Date {
    return new Date(this.now());
  }
}

function deciderIn({ caller }: Asker<VaultStaff>): Decider {
  return { account: accountOf(caller), operations: decidableBy(caller) };
}

function isOf(row: ApprovalRow, { caller }: Asker<VaultStaff>): boolean {
  return row.requested_by.equals(accountOf(caller));
}
