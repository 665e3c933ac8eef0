import type { AuditLog } from '@integument/audit-log';
import {
  type appointStaff,
  type BodyOf,
  type changeStaffRoles,
  type dismissStaff,
  type listStaff,
  type nameAccount,
  OPERATIONS,
  type ReplyOf,
  type StaffId,
  type StaffRole,
} from '@integument/contracts';
import type { Tx } from '@integument/database';
import { type Asker, by } from '@integument/http';
import { accountOf, type VaultStaff } from '../../platform/callers.js';
import type { Approvals, UsedApproval } from '../approvals/index.js';
import type { StaffNames } from '../keys/index.js';
import type { SessionsService } from '../sessions/index.js';
import {
  accountNamed,
  type StaffChange,
  staffAppointed,
  staffDismissed,
  staffListed,
  staffRolesChanged,
} from './staff.audit.js';
import { issuerUnknown, ofFile, ownRoles, staffKnown, staffNotFound } from './staff.errors.js';
import type { StaffRow, StaffStore } from './staff.store.js';

type Member = ReplyOf<typeof appointStaff>;
type Staff = Asker<VaultStaff>;

/** What somebody has from then on, and had. */
interface Change {
  readonly roles: StaffRole[];
  readonly rolesBefore: StaffRole[];
  readonly regions: string[];
  readonly regionsBefore: string[];
}

/** Who is staff, beside the registry file: each change with an approval, none by whom it is about. */
export class StaffService {
  constructor(
    private readonly store: StaffStore,
    private readonly approvals: Approvals,
    private readonly sessions: SessionsService,
    private readonly names: StaffNames,
    private readonly audit: AuditLog,
    /** of the first provider */
    private readonly issuer: string,
    /** of all whose accounts may be staff */
    private readonly staffIssuers: ReadonlySet<string>,
  ) {}

  async list(tx: Tx, asker: Staff): Promise<ReplyOf<typeof listStaff>> {
    const rows = await this.store.findAll(tx);
    await this.audit.append(tx, staffListed({ ...by(asker), count: rows.length }));
    return { staff: rows.map((row) => toReply(row, asker)) };
  }

  /** A digest under a key that only the vault has: what was sent is kept nowhere, and whether anybody knows it is not said. */
  async name(
    tx: Tx,
    asker: Staff,
    account: BodyOf<typeof nameAccount>,
  ): Promise<ReplyOf<typeof nameAccount>> {
    const name = this.nameOf(account);
    await this.audit.append(tx, accountNamed({ ...by(asker), object: name }));
    return { account: name };
  }

  async appoint(tx: Tx, asker: Staff, body: BodyOf<typeof appointStaff>): Promise<Member> {
    // The roles would count for nobody, until one day a provider of that name is set up.
    if (!this.staffIssuers.has(body.issuer ?? this.issuer)) throw issuerUnknown();
    const account = this.nameOf(body);
    if (account === asker.caller.id) throw ownRoles();
    const roles = inOrder(body.roles);
    const parameters = parametersOf(account, roles, body.regions);
    const used = await this.approvals.use(tx, asker, 'staff.change', parameters, body.approval);
    const row = await this.store.insert(tx, bytesOf(account), roles, body.regions ?? []);
    if (!row) throw staffKnown();
    const before = { rolesBefore: [], regionsBefore: [] };
    await this.write(tx, asker, staffAppointed, account, used, { roles, regions: row.regions, ...before });
    return toReply(row, asker);
  }

  async changeRoles(
    tx: Tx,
    asker: Staff,
    account: StaffId,
    body: BodyOf<typeof changeStaffRoles>,
  ): Promise<Member> {
    const { roles: rolesBefore, regions: regionsBefore } = await this.ours(tx, asker, account);
    const roles = inOrder(body.roles);
    const parameters = parametersOf(account, roles, body.regions);
    const used = await this.approvals.use(tx, asker, 'staff.change', parameters, body.approval);
    await this.sessions.endAllOf(tx, { personId: null, staff: bytesOf(account) });
    const row = await this.store.setRoles(tx, bytesOf(account), roles, body.regions ?? null);
    await this.approvals.overtake(tx, 'staff.change', { account });
    await this.write(tx, asker, staffRolesChanged, account, used, {
      roles,
      rolesBefore,
      regions: row.regions,
      regionsBefore,
    });
    return toReply(row, asker);
  }

  async dismiss(tx: Tx, asker: Staff, account: StaffId, body: BodyOf<typeof dismissStaff>): Promise<void> {
    const { roles: rolesBefore, regions: regionsBefore } = await this.ours(tx, asker, account);
    const roles: StaffRole[] = [];
    const used = await this.approvals.use(tx, asker, 'staff.change', { account, roles }, body.approval);
    await this.sessions.endAllOf(tx, { personId: null, staff: bytesOf(account) });
    await this.store.delete(tx, bytesOf(account));
    await this.approvals.overtake(tx, 'staff.change', { account });
    await this.write(tx, asker, staffDismissed, account, used, {
      roles,
      rolesBefore,
      regions: [],
      regionsBefore,
    });
  }

  /** Somebody else, whom the console may change. */
  private async ours(tx: Tx, { caller }: Staff, account: StaffId): Promise<StaffRow> {
    if (account === caller.id) throw ownRoles();
    const row = await this.store.lock(tx, bytesOf(account));
    if (!row) throw staffNotFound();
    if (row.origin === 'file') throw ofFile();
    return row;
  }

  private nameOf({ issuer, subject }: BodyOf<typeof nameAccount>): StaffId {
    return this.names.of(issuer ?? this.issuer, subject).toString('hex') as StaffId;
  }

  private write(
    tx: Tx,
    asker: Staff,
    action: StaffChange,
    account: StaffId,
    { approval, reason }: UsedApproval,
    change: Change,
  ): Promise<void> {
    const entry = { ...by(asker), object: account, reason, details: { approval, ...change } };
    return this.audit.append(tx, action(entry));
  }
}

function bytesOf(account: StaffId): Buffer {
  return Buffer.from(account, 'hex');
}

/** Regions that nobody named are not among what was agreed to. */
function parametersOf(account: StaffId, roles: StaffRole[], regions: string[] | undefined) {
  return { account, roles, ...(regions && { regions }) };
}

/** As the operation has them, so that the digest is the one that was agreed to. */
function inOrder(roles: readonly StaffRole[]): StaffRole[] {
  return OPERATIONS['staff.change'].parameters.shape.roles.parse(roles);
}

function toReply({ account, roles, regions, origin, since }: StaffRow, { caller }: Staff): Member {
  return {
    account: account.toString('hex'),
    roles,
    regions,
    origin,
    since: since.toISOString(),
    me: account.equals(accountOf(caller)),
  };
}
