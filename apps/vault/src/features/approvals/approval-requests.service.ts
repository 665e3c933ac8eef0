import type { AuditLog } from '@integument/audit-log';
import type { Abilities } from '@integument/authz';
import {
  type ApprovalId,
  type ApprovalView,
  type BodyOf,
  type breakGlass,
  operation,
  type requestApproval,
} from '@integument/contracts';
import { decodeId, operationDigest, randomId } from '@integument/crypto';
import type { Tx } from '@integument/database';
import { type Asker, by } from '@integument/http';
import { accountOf, type VaultStaff } from '../../platform/callers.js';
import { viewOf } from './approval-view.js';
import { aboutOf, approvalRequested, approvalTakenBack, glassBroken } from './approvals.audit.js';
import {
  approvalNotFound,
  askedAlready,
  notAllowed,
  over,
  reviewOverdue,
  reviewsOpen,
  tooManyOpen,
} from './approvals.errors.js';
import type { ApprovalRow, ApprovalsStore, Burden, NewApproval } from './approvals.store.js';
import { accountIn, mayAsk, parametersIn } from './who-may.js';

const HOUR_MS = 3_600_000;
const BROKEN_GLASS_MS = 15 * 60_000;
const REVIEW_MS = 72 * HOUR_MS;
/** One person's requests must not hide the others' from whoever decides. */
const OPEN_MAX = 20;
const UNREVIEWED_MAX = 3;

type Asked = BodyOf<typeof requestApproval>;
type AskedInEmergency = BodyOf<typeof breakGlass>;

/** Asks for what takes a second person. */
export class ApprovalRequests {
  constructor(
    private readonly store: ApprovalsStore,
    private readonly abilities: Abilities,
    private readonly audit: AuditLog,
    private readonly now: () => number = Date.now,
  ) {}

  /**
   * @throws CodedError `approvals.not_allowed`: nobody is bothered with what the requester may not do; `approvals.asked_already`,
   *   `approvals.too_many`: nor with the same twice, or with very much
   */
  async request(tx: Tx, asker: Asker<VaultStaff>, asked: Asked): Promise<ApprovalView> {
    const asks = this.newRow(asker, asked, operation(asked.operation).hours * HOUR_MS);
    const { open, alike } = await this.burdenOf(tx, asks);
    if (alike > 0) throw askedAlready();
    if (open >= OPEN_MAX) throw tooManyOpen();
    const row = await this.store.insert(tx, asks);
    await this.audit.append(tx, approvalRequested({ ...by(asker), ...aboutOf(row) }));
    return this.view(row, asker);
  }

  /**
   * The same with nobody to ask. Who leaves their uses unreviewed has to find somebody: an emergency each week is a habit.
   * @throws CodedError `approvals.review_overdue`, `approvals.reviews_open`
   */
  async breakGlass(tx: Tx, asker: Asker<VaultStaff>, asked: AskedInEmergency): Promise<ApprovalView> {
    const breaks = this.newRow(asker, asked, BROKEN_GLASS_MS);
    const { unreviewed, overdue } = await this.burdenOf(tx, breaks);
    if (overdue > 0) throw reviewOverdue();
    if (unreviewed >= UNREVIEWED_MAX) throw reviewsOpen();
    const row = await this.store.insert(tx, breaks);
    await this.audit.append(tx, glassBroken({ ...by(asker), ...aboutOf(row) }));
    return this.view(row, asker);
  }

  async takeBack(tx: Tx, asker: Asker<VaultStaff>, approval: ApprovalId): Promise<ApprovalView> {
    const account = accountOf(asker.caller);
    const approvalId = decodeId('apr', approval);
    const row = await this.store.takeBack(tx, account, approvalId, new Date(this.now()));
    if (!row) {
      const own = await this.store.findVisible(tx, { account, operations: [] }, approvalId);
      throw own ? over() : approvalNotFound();
    }
    await this.audit.append(tx, approvalTakenBack({ ...by(asker), ...aboutOf(row) }));
    return this.view(row, asker);
  }

  /** Requests of one person are counted one after the other: of a hundred at once no more than the number get in. */
  private async burdenOf(tx: Tx, { requested_by, digest }: NewApproval): Promise<Burden> {
    if (!(await this.store.lockRequester(tx, requested_by))) throw notAllowed();
    const now = this.now();
    return this.store.burdenOf(tx, requested_by, digest, new Date(now), new Date(now - REVIEW_MS));
  }

  private newRow({ caller }: Asker<VaultStaff>, asked: Asked | AskedInEmergency, forMs: number): NewApproval {
    const { operation: name, reason } = asked;
    const parameters = parametersIn(name, asked.parameters);
    if (!mayAsk(this.abilities, caller, name, parameters)) throw notAllowed();
    return {
      approval_id: randomId(),
      operation: name,
      parameters,
      digest: operationDigest(name, parameters),
      account: accountIn(name, parameters),
      requested_by: accountOf(caller),
      reason_code: reason.code,
      reason_reference: reason.reference,
      expires_at: new Date(this.now() + forMs),
      break_glass: reason.code === 'break-glass',
    };
  }

  private view(row: ApprovalRow, { caller }: Asker<VaultStaff>): ApprovalView {
    return viewOf(row, accountOf(caller), new Date(this.now()));
  }
}
