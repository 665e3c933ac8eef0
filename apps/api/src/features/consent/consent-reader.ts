import type { AuditLog } from '@integument/audit-log';
import {
  type consentHistory,
  PURPOSE_NAMES,
  type PurposeName,
  type ReplyOf,
  type StandingConsent,
} from '@integument/contracts';
import { decodeId } from '@integument/crypto';
import type { Tx, UnitOfWork } from '@integument/database';
import { type Asker, by } from '@integument/http';
import { type ApiPerson, byWithin, isOpenTo } from '../../platform/callers.js';
import type { HoldsStore } from '../holds/index.js';
import type { PermitsStore } from '../permits/index.js';
import { consentHistoryRead, consentRead } from './consent.audit.js';
import { demandOpenTo } from './consent.errors.js';
import type { ConsentStore } from './consent.store.js';
import type { ConsentReceipts } from './consent-receipts.js';
import { consentState, standingConsent } from './consent-state.js';
import type { KnownGate, KnownPermits } from './known-permits.js';

/** What a person has agreed to, and how it came about. */
export class ConsentReader {
  constructor(
    private readonly gates: PermitsStore,
    private readonly store: ConsentStore,
    private readonly holds: HoldsStore,
    private readonly permits: KnownPermits,
    private readonly receipts: ConsentReceipts,
    private readonly audit: AuditLog,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  async list(asker: Asker<ApiPerson>): Promise<StandingConsent[]> {
    // From the vault, not from the session: a consent given elsewhere must show here, or nobody would take it back.
    const { permits, declined } = await this.permits.allInVault(asker.caller);
    const { gates, holds } = await this.unitOfWork.run(async (tx) => {
      const found = await this.gates.findMany(
        tx,
        [...permits, ...declined].map(({ gate }) => decodeId('gat', gate)),
      );
      await this.audit.append(tx, consentRead({ ...by(asker), count: found.length }));
      const kept = await this.holds.findOf(
        tx,
        found.map(({ gate_id }) => gate_id),
      );
      return { gates: found, holds: kept };
    });
    return PURPOSE_NAMES.filter((purpose) => isOpenTo(asker.caller, purpose)).map((purpose) => {
      const gate = gates.find((one) => one.purpose === purpose) ?? null;
      const ofGate = holds.filter(({ gate_id }) => gate?.gate_id.equals(gate_id));
      return standingConsent(consentState(purpose, gate), ofGate);
    });
  }

  async history(asker: Asker<ApiPerson>, purpose: PurposeName): Promise<ReplyOf<typeof consentHistory>> {
    demandOpenTo(asker.caller, purpose);
    // A no stands in no session: what there is of it is asked for.
    const known = await this.permits.find(asker.caller, purpose);
    const { gate, rows } = await this.unitOfWork.run((tx) => this.read(tx, asker, purpose, known));
    const receipts = gate ? await this.receipts.read(gate, rows) : [];
    return {
      events: rows.map(({ kind, on_day, channel, notice }, at) => ({
        kind,
        onDay: on_day,
        channel,
        notice: notice?.toString('hex') ?? null,
        receipt: receipts[at] ?? null,
      })),
    };
  }

  private async read(tx: Tx, asker: Asker<ApiPerson>, purpose: PurposeName, known: KnownGate | null) {
    const [gate] = known ? await this.gates.findMany(tx, [decodeId('gat', known.gate)]) : [];
    const rows = gate ? await this.store.findAll(tx, gate.gate_id) : [];
    const about = { ...byWithin(asker, purpose), purpose, count: rows.length };
    await this.audit.append(tx, consentHistoryRead(about));
    return { gate, rows };
  }
}
