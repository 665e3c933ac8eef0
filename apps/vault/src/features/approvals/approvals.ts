import type { AuditLog } from '@integument/audit-log';
import { type Abilities, type StaffCaller, staff } from '@integument/authz';
import {
  type ApprovalId,
  type BodyOf,
  type OperationName,
  operation,
  type ParametersOf,
  type redeemApproval,
} from '@integument/contracts';
import { decodeId, operationDigest } from '@integument/crypto';
import type { Tx } from '@integument/database';
import { type Asker, by } from '@integument/http';
import { aboutOf, approvalRedeemed, reasonOf } from './approvals.audit.js';
import {
  approvalNotFound,
  notAllowed,
  notApproved,
  notRedeemable,
  otherParameters,
  over,
} from './approvals.errors.js';
import type { ApprovalRow, ApprovalsStore, Parameters, Use } from './approvals.store.js';
import { mayAsk, parametersIn } from './who-may.js';

const KEPT_DAYS = 30;

/** For the audit entry of what was done with it: why it was asked for, and the approval itself. */
export interface UsedApproval {
  readonly approval: ApprovalId;
  readonly reason: { readonly code: string; readonly reference: string };
}

/** Uses approvals up: the one way to an operation that takes a second person. */
export class Approvals {
  constructor(
    private readonly store: ApprovalsStore,
    private readonly abilities: Abilities,
    private readonly audit: AuditLog,
    private readonly now: () => number = Date.now,
  ) {}

  /**
   * Uses up an approval of just this operation, in the transaction of its effect: if that rolls back, it is still good. The effect's
   * own audit entry says that it was used.
   * @throws CodedError `approvals.not_found` for somebody else's as for none
   */
  async use<N extends OperationName>(
    tx: Tx,
    { caller }: Asker<StaffCaller>,
    name: N,
    parameters: ParametersOf<N>,
    approval: ApprovalId,
  ): Promise<UsedApproval> {
    const wanted = useOf(caller, name, operationDigest(name, parametersIn(name, parameters)), approval);
    const row = await this.store.use(tx, wanted, new Date(this.now()));
    if (!row) throw await this.whyNot(tx, wanted);
    if (!mayAsk(this.abilities, caller, name, row.parameters)) throw notAllowed();
    return { approval, reason: reasonOf(row) };
  }

  /**
   * The same for an effect in the data plane, which has no transaction here: a yes uses it up. The API is believed about the session,
   * and learns no more than whether whoever that session belongs to may.
   * @throws CodedError `approvals.not_redeemable`, whatever is wrong
   */
  async redeem(tx: Tx, asker: Asker, asked: BodyOf<typeof redeemApproval>): Promise<void> {
    const { approval, operation: name, session } = asked;
    const member = await this.store.findStaffOf(tx, decodeId('ssn', session));
    if (!member) throw notRedeemable();
    const caller = staff({ id: member.account.toString('hex'), session, roles: member.roles });
    const wanted = useOf(caller, name, Buffer.from(asked.digest, 'base64url'), approval);
    const row = await this.store.use(tx, wanted, new Date(this.now()));
    if (!row || !mayAsk(this.abilities, caller, name, row.parameters)) throw notRedeemable();
    const { details, ...about } = aboutOf(row);
    const entry = { ...by(asker), ...about, details: { ...details, staff: caller.id } };
    await this.audit.append(tx, approvalRedeemed(entry));
  }

  /**
   * What was agreed to before something changed was agreed to about something else: whoever changes it, by an approval or alone, calls
   * this in the same transaction. Otherwise one person could keep a yes, and undo with it what was decided since.
   * @param about parameters that name it
   */
  async overtake<N extends OperationName>(tx: Tx, name: N, about: Partial<ParametersOf<N>>): Promise<void> {
    await this.store.overtake(tx, name, about as Parameters);
  }

  /** Forgets what has long been over; the log does not. */
  async sweep(tx: Tx): Promise<void> {
    await this.store.deleteOver(tx, new Date(this.now() - KEPT_DAYS * 86_400_000));
  }

  private async whyNot(tx: Tx, wanted: Use) {
    const row = await this.store.findUnusable(tx, wanted);
    if (!row) return approvalNotFound();
    if (!row.digest.equals(wanted.digest)) return otherParameters();
    return isWaiting(row, this.now()) ? notApproved() : over();
  }
}

function useOf({ id }: StaffCaller, name: OperationName, digest: Buffer, approval: ApprovalId): Use {
  return {
    approvalId: decodeId('apr', approval),
    operation: name,
    digest,
    requester: Buffer.from(id, 'hex'),
    approvers: operation(name).approvers,
  };
}

function isWaiting({ state, expires_at }: ApprovalRow, now: number): boolean {
  return state === 'requested' && expires_at.getTime() > now;
}
