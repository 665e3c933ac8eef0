import type { AuditLog } from '@integument/audit-log';
import {
  type ConsentChanged,
  type EventChannel,
  type NoticeHash,
  openPermit,
  type PermitView,
  type PurposeName,
  purposeNamed,
  resumePermit,
} from '@integument/contracts';
import { decodeId, encodeId, randomId } from '@integument/crypto';
import type { Tx, UnitOfWork } from '@integument/database';
import type { Asker } from '@integument/http';
import type { ApiPerson, KnownPermit } from '../../platform/callers.js';
import type { VaultClient } from '../../platform/vault-client.js';
import type { Gate, PermitsStore } from '../permits/index.js';
import type { Register } from '../register/index.js';
import type { SessionsService } from '../sessions/index.js';
import { demandNoChildsNo } from './childs-no.js';
import { about, saidYes } from './consent.audit.js';
import { channelOf, demandGround, demandOpenTo, objected } from './consent.errors.js';
import type { ConsentStore } from './consent.store.js';
import { consentState } from './consent-reader.js';
import type { Changed, ConsentReceipts } from './consent-receipts.js';
import {
  isNobodysToAgree,
  type KnownGate,
  type KnownPermits,
  overtaken,
  superseded,
} from './known-permits.js';

/** What somebody agrees to, and where. */
export interface Agreement {
  readonly notice: NoticeHash;
  readonly channel: EventChannel;
}

type Yes = Agreement & { /** false: they were only told */ readonly isAsked: boolean };

/** A gate on its way open: what the vault is asked for next. */
interface Opening {
  readonly gate: Buffer;
  readonly epoch: number;
  /** whether the vault has pseudonym and key for it already */
  readonly isMinted: boolean;
  /** the gate as it was; null of a new one */
  readonly before: Gate | null;
}

/**
 * A yes opens last; each step is its own transaction and can be repeated:
 *
 *   gate `opening` at epoch n → vault mints or resumes at n → gate `open` if its epoch still is n → answer
 *
 * A crash between leaves a gate `opening`, which the reconciler freezes. For the other way round see TakingBack.
 */
export class ConsentService {
  constructor(
    private readonly gates: PermitsStore,
    private readonly store: ConsentStore,
    private readonly sessions: SessionsService,
    private readonly vault: VaultClient,
    private readonly permits: KnownPermits,
    private readonly register: Register,
    private readonly receipts: ConsentReceipts,
    private readonly audit: AuditLog,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** A yes of their own: to consent, or to let go on what rests on a legitimate interest. @throws CodedError `consent.notice_not_current` */
  give(asker: Asker<ApiPerson>, purpose: PurposeName, agreement: Agreement): Promise<ConsentChanged> {
    return this.begin(asker, purpose, { ...agreement, isAsked: true });
  }

  /** They were told of a legitimate interest. @throws CodedError `consent.objected`: they said no to it before, and only they can undo that */
  async acknowledge(
    asker: Asker<ApiPerson>,
    purpose: PurposeName,
    agreement: Agreement,
  ): Promise<ConsentChanged> {
    demandGround(purpose, 'legitimate-interest');
    return this.begin(asker, purpose, { ...agreement, isAsked: false });
  }

  private async begin(asker: Asker<ApiPerson>, purpose: PurposeName, said: Yes): Promise<ConsentChanged> {
    demandOpenTo(asker.caller, purpose);
    this.register.agreed(purpose, said.notice);
    const yes = { ...said, channel: channelOf(asker.caller, said.channel) };
    const known = await this.permits.find(asker.caller, purpose);
    const opening = await this.unitOfWork.run((tx) => this.beginOpening(tx, asker, purpose, known, yes));
    if (opening === 'open' && known?.permit) return this.renew(asker, known.permit, yes);
    if (opening === 'open') throw superseded();
    const permit = await this.openInVault(asker.caller, purpose, opening);
    if (permit.gate !== encodeId('gat', opening.gate))
      return this.adopt(asker, purpose, yes, opening, permit);
    return this.finishOpening(asker, opening, permit, yes);
  }

  private async beginOpening(
    tx: Tx,
    { caller }: Asker<ApiPerson>,
    purpose: PurposeName,
    known: KnownGate | null,
    yes: Yes,
  ): Promise<Opening | 'open'> {
    const gate = known && (await this.gates.lock(tx, decodeId('gat', known.gate)));
    if (known) await demandNoChildsNo(tx, this.store, caller, gate);
    if (known && !known.permit) return this.beginAfterNo(tx, purpose, known, gate, yes);
    if (!gate || gate.state === 'destroyed') {
      const fresh = randomId();
      await this.gates.insertOpening(tx, fresh, purpose);
      return { gate: fresh, epoch: 1, isMinted: false, before: null };
    }
    if (gate.state === 'open') return 'open';
    if (!yes.isAsked && (await this.store.findLastKind(tx, gate.gate_id)) === 'objected') throw objected();
    const epoch = gate.state === 'opening' ? gate.epoch : gate.epoch + 1;
    if (gate.state !== 'opening') await this.gates.reopen(tx, gate.gate_id, epoch);
    // Whoever told us of the gate had it from the vault, so the permit is there: also where a crash left the gate without
    // its pseudonym, which the resumed permit brings.
    return { gate: gate.gate_id, epoch, isMinted: true, before: gate };
  }

  /** The vault knows of a no: the same gate opens, at a later epoch, and gets what was never minted. */
  private async beginAfterNo(
    tx: Tx,
    purpose: PurposeName,
    known: KnownGate,
    gate: Gate | null,
    yes: Yes,
  ): Promise<Opening> {
    if (!yes.isAsked) throw objected();
    const id = decodeId('gat', known.gate);
    const epoch = Math.max(known.epoch, gate?.epoch ?? 0) + 1;
    if (gate?.state === 'opening' && gate.epoch > known.epoch)
      return { gate: id, epoch: gate.epoch, isMinted: false, before: gate };
    if (gate && gate.state !== 'declined' && gate.state !== 'frozen') throw superseded();
    if (gate) await this.gates.reopen(tx, id, epoch);
    else await this.gates.insertOpening(tx, id, purpose, epoch);
    return { gate: id, epoch, isMinted: false, before: gate };
  }

  private async openInVault(
    { content: { session } }: ApiPerson,
    purpose: PurposeName,
    opening: Opening,
  ): Promise<PermitView> {
    const gate = encodeId('gat', opening.gate) as PermitView['gate'];
    const { epoch } = opening;
    try {
      if (opening.isMinted) return await this.vault.call(resumePermit, { body: { session, gate, epoch } });
      return await this.vault.call(openPermit, { body: { session, purpose, gate, epoch } });
    } catch (error) {
      if (isNobodysToAgree(error)) await this.unitOfWork.run((tx) => this.takeBack(tx, opening));
      return overtaken(error);
    }
  }

  /** They may not agree. As if it had not been begun: what waits for its erasure would otherwise wait anew with each attempt. */
  private async takeBack(tx: Tx, { gate: gateId, epoch, before }: Opening): Promise<void> {
    const gate = await this.gates.lock(tx, gateId);
    if (gate?.state !== 'opening' || gate.epoch !== epoch) return;
    if (before && before.state !== 'opening') await this.gates.restore(tx, before, epoch + 1);
    else if (!before) await this.gates.destroy(tx, gateId);
  }

  private async finishOpening(
    asker: Asker<ApiPerson>,
    opening: Opening,
    permit: PermitView,
    yes: Yes,
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
      return { gate, changed: await this.recordGiven(tx, asker, gate, permit, yes) };
    });
    if (!opened) throw superseded();
    return this.withReceipt(opened.gate, opened.changed);
  }

  private async recordGiven(
    tx: Tx,
    asker: Asker<ApiPerson>,
    gate: Gate,
    permit: KnownPermit,
    { notice, channel, isAsked }: Yes,
  ): Promise<Changed> {
    const hash = Buffer.from(notice, 'hex');
    const before = await this.store.findLastAgreed(tx, gate.gate_id);
    const kind = isAsked ? (before ? 'renewed' : 'given') : 'informed';
    const event = { gate: gate.gate_id, epoch: gate.epoch, kind, notice: hash, channel } as const;
    const number = await this.store.append(tx, event);
    await this.sessions.remember(tx, asker.caller, permit);
    await this.audit.append(tx, saidYes(kind, isAsked, notice, about(asker, gate)));
    return { number, kind, notice: hash, channel };
  }

  /** An open consent goes on for as long as a new one would: unless the very same was given today, which changes nothing. */
  private async renew(asker: Asker<ApiPerson>, known: KnownPermit, yes: Yes): Promise<ConsentChanged> {
    const renewed = await this.unitOfWork.run(async (tx) => {
      const gate = await this.gates.lock(tx, decodeId('gat', known.gate));
      if (gate?.state !== 'open') return null;
      const last = await this.store.findLastAgreed(tx, gate.gate_id);
      if (last?.isOfToday && last.notice.toString('hex') === yes.notice) {
        await this.sessions.remember(tx, asker.caller, known);
        await this.audit.append(tx, saidYes('repeated', yes.isAsked, yes.notice, about(asker, gate)));
        return { gate, changed: null };
      }
      await this.gates.prolong(tx, gate.gate_id, purposeNamed(gate.purpose).consentDays);
      const [prolonged = gate] = await this.gates.findMany(tx, [gate.gate_id]);
      return { gate: prolonged, changed: await this.recordGiven(tx, asker, gate, known, yes) };
    });
    if (!renewed) throw superseded();
    return this.withReceipt(renewed.gate, renewed.changed);
  }

  private async withReceipt(gate: Gate, changed: Changed | null): Promise<ConsentChanged> {
    const receipt = changed && (await this.receipts.issue(gate, changed));
    return { ...consentState(gate.purpose, gate), receipt };
  }

  /** Another session of the person opened this purpose meanwhile: our gate was never needed. */
  private async adopt(
    asker: Asker<ApiPerson>,
    purpose: PurposeName,
    yes: Yes,
    opening: Opening,
    permit: PermitView,
  ): Promise<ConsentChanged> {
    await this.unitOfWork.run(async (tx) => {
      await this.gates.destroy(tx, opening.gate);
      await this.sessions.remember(tx, asker.caller, permit);
    });
    const others = asker.caller.permits.filter((other) => other.purpose !== purpose);
    const caller = { ...asker.caller, permits: [...others, permit] };
    return this.begin({ ...asker, caller }, purpose, yes);
  }
}
