import type { AuditLog } from '@integument/audit-log';
import type {
  BodyOf,
  FactorId,
  listFactors,
  makeRecoveryCodes,
  ReplyOf,
  removeLastFactors,
} from '@integument/contracts';
import { decodeId, encodeId } from '@integument/crypto';
import type { Tx } from '@integument/database';
import { type Asker, by } from '@integument/http';
import { accountOf, type VaultStaff } from '../../platform/callers.js';
import type { Approvals } from '../approvals/index.js';
import type { SessionsService } from '../sessions/index.js';
import { factorRemoved, lastFactorsRemoved, recoveryCodesMade } from './factors.audit.js';
import { factorNotFound, lastFactor, noFactors } from './factors.errors.js';
import type { FactorsStore } from './factors.store.js';
import { newRecoveryCode, RECOVERY_CODES, recoveryCodeDigest } from './recovery-codes.js';

/** What somebody of staff does with the second factors that they have. */
export class FactorsService {
  constructor(
    private readonly store: FactorsStore,
    private readonly sessions: SessionsService,
    private readonly approvals: Approvals,
    private readonly audit: AuditLog,
  ) {}

  async list(tx: Tx, { caller }: Asker<VaultStaff>): Promise<ReplyOf<typeof listFactors>> {
    const account = accountOf(caller);
    const rows = await this.store.findAll(tx, account);
    return {
      factors: rows.map(({ factor_id, kind, enrolled_on, used_at }) => ({
        factor: encodeId('fct', factor_id),
        kind,
        enrolledOn: enrolled_on,
        usedAt: used_at.toISOString(),
      })),
      recoveryCodes: await this.store.countRecoveryCodes(tx, account),
    };
  }

  async makeRecoveryCodes(tx: Tx, asker: Asker<VaultStaff>): Promise<ReplyOf<typeof makeRecoveryCodes>> {
    const account = accountOf(asker.caller);
    const codes = Array.from({ length: RECOVERY_CODES }, newRecoveryCode);
    await this.store.lockOwnAccount(tx, account);
    await this.store.replaceRecoveryCodes(
      tx,
      account,
      codes.map((code) => recoveryCodeDigest(account, code)),
    );
    await this.audit.append(tx, recoveryCodesMade({ ...by(asker), count: codes.length }));
    return { codes };
  }

  /**
   * Recovery codes don't count as a factor: with them alone an account would end up with none. A factor is removed because it is lost,
   * perhaps in somebody's hands, so what it may have opened ends, too.
   * @throws CodedError `factors.last_factor`
   */
  async remove(tx: Tx, asker: Asker<VaultStaff>, factor: FactorId): Promise<void> {
    const account = accountOf(asker.caller);
    await this.store.lockOwnAccount(tx, account);
    const factors = await this.store.findAll(tx, account);
    const removed = factors.find(({ factor_id }) => factor_id.equals(decodeId('fct', factor)));
    if (!removed) throw factorNotFound();
    if (factors.length === 1) throw lastFactor();
    await this.store.delete(tx, removed.factor_id);
    await this.sessions.endAllBut(tx, asker.caller);
    await this.audit.append(
      tx,
      factorRemoved({ ...by(asker), object: factor, details: { kind: removed.kind } }),
    );
  }

  /**
   * All factors of an account at once, the recovery codes too: who has lost a phone has lost what was on it. From then on a password
   * and a fresh sign-in enrol a new one, as at the first time, which is why somebody else has to agree.
   */
  async removeLast(
    tx: Tx,
    asker: Asker<VaultStaff>,
    { account, approval }: BodyOf<typeof removeLastFactors>,
  ): Promise<void> {
    const whose = Buffer.from(account, 'hex');
    // First: a code that is used at the same time would begin a session that this doesn't see.
    await this.store.lockAccount(tx, whose);
    const { reason } = await this.approvals.use(tx, asker, 'factors.remove_last', { account }, approval);
    const count = await this.store.deleteAll(tx, whose);
    if (count === 0) throw noFactors();
    await this.sessions.endAllOf(tx, { personId: null, staff: whose });
    const entry = { ...by(asker), object: account, reason, count, details: { approval } };
    await this.audit.append(tx, lastFactorsRemoved(entry));
  }
}
