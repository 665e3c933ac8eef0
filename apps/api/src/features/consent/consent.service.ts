import type { AuditLog } from '@integument/audit-log';
import {
  type ConsentChanged,
  type EventChannel,
  freezePermit,
  type NoticeHash,
  notFound,
  openPermit,
  type PermitView,
  type PurposeName,
  purposeNamed,
  resumePermit,
} from '@integument/contracts';
import { decodeId, encodeId, randomId } from '@integument/crypto';
import type { Tx, UnitOfWork } from '@integument/database';
import type { Asker } from '@integument/http';
import { type ApiPerson, byWithin, type KnownPermit } from '../../platform/callers.js';
import type { VaultClient } from '../../platform/vault-client.js';
import { type Gate, gateName, type PermitKeys, type PermitsStore, subjectOf } from '../permits/index.js';
import type { Register } from '../register/index.js';
import type { SessionsService } from '../sessions/index.js';
import { consentGiven, consentWithdrawn } from './consent.audit.js';
import type { ConsentStore } from './consent.store.js';
import type { ConsentEnding } from './consent-ending.js';
import { consentState } from './consent-reader.js';
import type { Changed, ConsentReceipts } from './consent-receipts.js';
import { type KnownPermits, overtaken, superseded } from './known-permits.js';

/** What somebody agrees to, and where. */
export interface Agreement {
  readonly notice: NoticeHash;
  readonly channel: EventChannel;
}

/** A gate on its way open: what the vault is asked for next. */
interface Opening {
  readonly gate: Buffer;
  readonly epoch: number;
  readonly isNew: boolean;
}

/**
 * Giving opens last, withdrawing closes first; each step is its own transaction and can be repeated:
 *
 *   give:     gate `opening` at epoch n → vault mints or resumes at n → gate `open` if its epoch still is n → answer
 *   withdraw: gate `frozen` at epoch n+1, and the message to the vault, in one transaction → vault freezes → answer
 *
 * A crash between leaves a gate `opening` (the reconciler freezes it) or a message in the outbox (it is sent again).
 */
export class ConsentService {
  constructor(
    private readonly gates: PermitsStore,
    private readonly store: ConsentStore,
    private readonly sessions: SessionsService,
    private readonly keys: PermitKeys,
    private readonly vault: VaultClient,
    private readonly permits: KnownPermits,
    private readonly register: Register,
    private readonly ending: ConsentEnding,
    private readonly receipts: ConsentReceipts,
    private readonly audit: AuditLog,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** @throws CodedError `consent.notice_not_current` */
  async give(asker: Asker<ApiPerson>, purpose: PurposeName, agreement: Agreement): Promise<ConsentChanged> {
    this.register.agreed(purpose, agreement.notice);
    const known = await this.permits.find(asker.caller, purpose);
    const opening = await this.unitOfWork.run((tx) => this.beginOpening(tx, purpose, known));
    if (opening === 'open' && known) return this.renew(asker, known, agreement);
    if (opening === 'open') throw superseded();
    const permit = await this.openInVault(asker.caller, purpose, opening);
    if (permit.gate !== encodeId('gat', opening.gate))
      return this.adopt(asker, purpose, agreement, opening, permit);
    return this.finishOpening(asker, opening, permit, agreement);
  }

  /** @returns the state, and whether the vault has confirmed the freeze */
  async withdraw(
    asker: Asker<ApiPerson>,
    purpose: PurposeName,
  ): Promise<{ state: ConsentChanged; confirmed: boolean }> {
    // A permit that the session remembers may be erased by now, and another one given elsewhere: that one is meant then.
    const closed =
      (await this.closeKnown(asker, this.permits.inSession(asker.caller, purpose))) ??
      (await this.closeKnown(asker, await this.permits.inVault(asker.caller, purpose)));
    if (!closed) throw notGiven();
    const { gate, changed } = closed;
    this.keys.forget(gate);
    // From here on nothing of this purpose takes effect; the vault only has to hear of it.
    const confirmed = await this.vault
      .call(freezePermit, { body: { gate: gateName(gate), epoch: gate.epoch } })
      .then(() => true)
      .catch(() => false);
    return { state: await this.withReceipt(gate, changed), confirmed };
  }

  private async beginOpening(
    tx: Tx,
    purpose: PurposeName,
    known: KnownPermit | null,
  ): Promise<Opening | 'open'> {
    const gate = known && (await this.gates.lock(tx, decodeId('gat', known.gate)));
    if (!gate || gate.state === 'destroyed') {
      const fresh = randomId();
      await this.gates.insertOpening(tx, fresh, purpose);
      return { gate: fresh, epoch: 1, isNew: true };
    }
    if (gate.state === 'open') return 'open';
    const epoch = gate.state === 'opening' ? gate.epoch : gate.epoch + 1;
    if (gate.state === 'frozen') await this.gates.reopen(tx, gate.gate_id, epoch);
    // Whoever told us of the gate had it from the vault, so the permit is there: also where a crash left the gate without
    // its pseudonym, which the resumed permit brings.
    return { gate: gate.gate_id, epoch, isNew: false };
  }

  private openInVault(caller: ApiPerson, purpose: PurposeName, opening: Opening): Promise<PermitView> {
    const gate = encodeId('gat', opening.gate) as PermitView['gate'];
    const { epoch } = opening;
    if (!opening.isNew) return this.vault.call(resumePermit, { body: { gate, epoch } }).catch(overtaken);
    const body = { session: caller.content.session, purpose, gate, epoch };
    return this.vault.call(openPermit, { body }).catch(overtaken);
  }

  private async finishOpening(
    asker: Asker<ApiPerson>,
    opening: Opening,
    permit: PermitView,
    agreement: Agreement,
  ): Promise<ConsentChanged> {
    const named = {
      pseudonym: decodeId('psn', permit.pseudonym),
      subject: permit.subject === null ? null : Buffer.from(permit.subject, 'base64url'),
      days: purposeNamed(permit.purpose).consentDays,
    };
    const opened = await this.unitOfWork.run(async (tx) => {
      if (!(await this.gates.open(tx, opening.gate, opening.epoch, named))) return null;
      const gate = await this.gates.lock(tx, opening.gate);
      if (!gate) throw new Error('an opened gate is gone');
      return { gate, changed: await this.recordGiven(tx, asker, gate, permit, agreement) };
    });
    if (!opened) throw superseded();
    return this.withReceipt(opened.gate, opened.changed);
  }

  private async recordGiven(
    tx: Tx,
    asker: Asker<ApiPerson>,
    gate: Gate,
    permit: KnownPermit,
    { notice, channel }: Agreement,
  ): Promise<Changed> {
    const hash = Buffer.from(notice, 'hex');
    const kind = (await this.store.findLastAgreed(tx, gate.gate_id)) ? 'renewed' : 'given';
    const event = { gate: gate.gate_id, epoch: gate.epoch, kind, notice: hash, channel } as const;
    const number = await this.store.append(tx, event);
    await this.sessions.remember(tx, asker.caller, permit);
    await this.audit.append(tx, consentGiven({ ...about(asker, gate), details: { kind, notice } }));
    return { number, kind, notice: hash, channel };
  }

  /** An open consent goes on for as long as a new one would: unless the very same was given today, which changes nothing. */
  private async renew(
    asker: Asker<ApiPerson>,
    known: KnownPermit,
    agreement: Agreement,
  ): Promise<ConsentChanged> {
    const renewed = await this.unitOfWork.run(async (tx) => {
      const gate = await this.gates.lock(tx, decodeId('gat', known.gate));
      if (gate?.state !== 'open') return null;
      const last = await this.store.findLastAgreed(tx, gate.gate_id);
      if (last?.isOfToday && last.notice.toString('hex') === agreement.notice) {
        const details = { kind: 'repeated', notice: agreement.notice } as const;
        await this.sessions.remember(tx, asker.caller, known);
        await this.audit.append(tx, consentGiven({ ...about(asker, gate), details }));
        return { gate, changed: null };
      }
      await this.gates.prolong(tx, gate.gate_id, purposeNamed(gate.purpose).consentDays);
      const [prolonged = gate] = await this.gates.findMany(tx, [gate.gate_id]);
      return { gate: prolonged, changed: await this.recordGiven(tx, asker, gate, known, agreement) };
    });
    if (!renewed) throw superseded();
    return this.withReceipt(renewed.gate, renewed.changed);
  }

  private async withReceipt(gate: Gate, changed: Changed | null): Promise<ConsentChanged> {
    const receipt = changed && gate.pseudonym ? await this.receipts.issue(gate, changed) : null;
    return { ...consentState(gate.purpose, gate), receipt };
  }

  /** Another session of the person opened this purpose meanwhile: our gate was never needed. */
  private async adopt(
    asker: Asker<ApiPerson>,
    purpose: PurposeName,
    agreement: Agreement,
    opening: Opening,
    permit: PermitView,
  ): Promise<ConsentChanged> {
    await this.unitOfWork.run(async (tx) => {
      await this.gates.destroy(tx, opening.gate);
      await this.sessions.remember(tx, asker.caller, permit);
    });
    const others = asker.caller.permits.filter((other) => other.purpose !== purpose);
    const caller = { ...asker.caller, permits: [...others, permit] };
    return this.give({ ...asker, caller }, purpose, agreement);
  }

  /** @returns the gate as it is now, closed, and what changed; null where there is none any more */
  private async closeKnown(asker: Asker<ApiPerson>, known: KnownPermit | null) {
    return known && this.unitOfWork.run((tx) => this.close(tx, asker, decodeId('gat', known.gate)));
  }

  private async close(
    tx: Tx,
    asker: Asker<ApiPerson>,
    gateId: Buffer,
  ): Promise<{ gate: Gate; changed: Changed | null } | null> {
    const gate = await this.gates.lock(tx, gateId);
    if (!gate || gate.state === 'destroyed') return null;
    const kind = gate.state === 'frozen' ? 'repeated' : 'withdrawn';
    await this.audit.append(tx, consentWithdrawn({ ...about(asker, gate), details: { kind } }));
    if (gate.state === 'frozen') return { gate, changed: null };
    return this.ending.end(tx, gate, 'withdrawn', 'web');
  }
}

/** Of the caller, about the permit behind a gate. */
function about(asker: Asker<ApiPerson>, gate: Gate) {
  const subject = subjectOf(gate);
  return { ...byWithin(asker, gate.purpose), purpose: gate.purpose, ...(subject && { subject }) };
}

const notGiven = () => notFound('consent.not_given');
