import type { AuditLog } from '@integument/audit-log';
import {
  type ConsentChanged,
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
import { type Agreement, isSame, type Yes } from './agreements.js';
import { demandNoChildsNo } from './childs-no.js';
import { about, saidYes } from './consent.audit.js';
import { channelOf, demandGround, demandOpenTo, objected } from './consent.errors.js';
import type { ConsentStore } from './consent.store.js';
import type { ConsentEnding } from './consent-ending.js';
import type { Changed, ConsentReceipts } from './consent-receipts.js';
import {
  isRefusedForGood,
  type KnownGate,
  type KnownPermits,
  refusedByVault,
  superseded,
} from './known-permits.js';
import type { UnaskedBeginnings } from './unasked-beginnings.js';

/** A gate on its way open, or one that is and goes on: what the vault is asked for next. */
interface Opening {
  readonly gate: Buffer;
  readonly epoch: number;
  /** whether the vault has pseudonym and key for it already */
  readonly isMinted: boolean;
  /** the gate as it was; null of a new one */
  readonly before: Gate | null;
}

interface Asked {
  readonly opening: Opening;
  /** what the vault has for it, or for another gate that was faster */
  readonly permit: PermitView;
}

/**
 * A yes opens last; each step is its own transaction and can be repeated:
 *
 *   gate `opening` at epoch n → vault mints or resumes at n → gate `open` if its epoch still is n → answer
 *
 * A crash between leaves a gate `opening`, which the reconciler closes again. Of what is open already the vault is asked as well, since
 * it alone knows who may agree: a crash after that leaves it open, and agreed to by whoever the vault has heard last.
 * For the other way round see TakingBack.
 */
export class ConsentService {
  constructor(
    private readonly gates: PermitsStore,
    private readonly store: ConsentStore,
    private readonly sessions: SessionsService,
    private readonly vault: VaultClient,
    private readonly permits: KnownPermits,
    private readonly register: Register,
    private readonly ending: ConsentEnding,
    private readonly receipts: ConsentReceipts,
    private readonly beginnings: UnaskedBeginnings,
    private readonly audit: AuditLog,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** A yes that was asked for: to consent, or to let go on what rests on a legitimate interest. @throws CodedError `consent.notice_not_current` */
  async give(asker: Asker<ApiPerson>, purpose: PurposeName, agreement: Agreement): Promise<ConsentChanged> {
    demandOpenTo(asker.caller, purpose);
    // In a child's place nobody agrees against what it has opted out of, whatever that has come to concern since.
    if (asker.caller.guardian) await this.beginnings.tell(asker, purpose);
    return this.begin(asker, purpose, { ...agreement, isAsked: true });
  }

  /** They were told of a legitimate interest. @throws CodedError `consent.objected`: they said no to it before, and only they can undo that */
  async acknowledge(
    asker: Asker<ApiPerson>,
    purpose: PurposeName,
    agreement: Agreement,
  ): Promise<ConsentChanged> {
    demandGround(purpose, 'legitimate-interest');
    demandOpenTo(asker.caller, purpose);
    await this.beginnings.tell(asker, purpose);
    return this.begin(asker, purpose, { ...agreement, isAsked: false });
  }

  private async begin(asker: Asker<ApiPerson>, purpose: PurposeName, said: Yes): Promise<ConsentChanged> {
    demandOpenTo(asker.caller, purpose);
    this.register.agreed(purpose, said.notice);
    const yes = { ...said, channel: channelOf(asker.caller, said.channel) };
    const asked = await this.ask(asker, purpose, await this.find(asker.caller, purpose), yes);
    if (isAnswered(asked)) return this.finish(asker, asked, yes);
    const known = await this.adopt(asker, asked);
    const theirs = await this.ask(asker, purpose, known, yes);
    if (isAnswered(theirs)) return this.finish(asker, theirs, yes);
    // The vault has a permit behind a gate that nobody knows here.
    await this.unitOfWork.run((tx) => this.gates.destroy(tx, theirs.opening.gate));
    throw superseded();
  }

  /** What the session remembers may be erased by now: then the vault alone knows what there is, be it a no. */
  private async find(caller: ApiPerson, purpose: PurposeName): Promise<KnownGate | null> {
    const known = await this.permits.find(caller, purpose);
    if (!known?.permit) return known;
    const [gate] = await this.unitOfWork.single((tx) =>
      this.gates.findMany(tx, [decodeId('gat', known.gate)]),
    );
    return gate?.state === 'destroyed' ? this.permits.inVault(caller, purpose) : known;
  }

  private async ask(
    asker: Asker<ApiPerson>,
    purpose: PurposeName,
    known: KnownGate | null,
    yes: Yes,
  ): Promise<Asked> {
    const opening = await this.unitOfWork.run((tx) => this.beginOpening(tx, asker, purpose, known, yes));
    return { opening, permit: await this.openInVault(asker.caller, purpose, opening) };
  }

  private finish(asker: Asker<ApiPerson>, asked: Asked, yes: Yes): Promise<ConsentChanged> {
    return asked.opening.before?.state === 'open'
      ? this.renew(asker, asked, yes)
      : this.finishOpening(asker, asked, yes);
  }

  private async beginOpening(
    tx: Tx,
    { caller }: Asker<ApiPerson>,
    purpose: PurposeName,
    known: KnownGate | null,
    yes: Yes,
  ): Promise<Opening> {
    const gate = known && (await this.gates.lock(tx, decodeId('gat', known.gate)));
    if (known) await demandNoChildsNo(tx, this.store, caller, gate);
    if (known && (!known.permit || gate?.state === 'declined'))
      return this.beginAfterNo(tx, purpose, known, gate, yes);
    if (!gate || gate.state === 'destroyed') {
      const fresh = randomId();
      await this.gates.insertOpening(tx, fresh, purpose);
      return { gate: fresh, epoch: 1, isMinted: false, before: null };
    }
    if (gate.state === 'open') return { gate: gate.gate_id, epoch: gate.epoch, isMinted: true, before: gate };
    if (!yes.isAsked && (await this.store.findLast(tx, gate.gate_id))?.kind === 'objected') throw objected();
    const epoch = gate.state === 'opening' ? gate.epoch : gate.epoch + 1;
    if (gate.state !== 'opening') await this.gates.reopen(tx, gate.gate_id, epoch);
    // Whoever told us of the gate had it from the vault, so the permit is there: also where a crash left the gate without
    // its pseudonym, which the resumed permit brings.
    return { gate: gate.gate_id, epoch, isMinted: true, before: gate };
  }

  /** They said no, here or as the vault alone has heard: the same gate opens, at a later epoch, and gets what was never minted. */
  private async beginAfterNo(
    tx: Tx,
    purpose: PurposeName,
    known: KnownGate,
    found: Gate | null,
    yes: Yes,
  ): Promise<Opening> {
    if (!yes.isAsked) throw objected();
    const gate = found ?? (await this.makeUpForNo(tx, purpose, known));
    // What they objected to is being erased: only then does the gate take another pseudonym.
    if (gate.pseudonym) throw superseded();
    const opening = { gate: gate.gate_id, isMinted: false, before: gate };
    if (gate.state === 'opening' && gate.epoch > known.epoch) return { ...opening, epoch: gate.epoch };
    if (gate.state !== 'declined' && gate.state !== 'frozen') throw superseded();
    const epoch = Math.max(known.epoch, gate.epoch) + 1;
    await this.gates.reopen(tx, gate.gate_id, epoch);
    return { ...opening, epoch };
  }

  /** The vault has heard of a no, and the process that told it ended: of how it came here nothing is known any more. */
  private async makeUpForNo(tx: Tx, purpose: PurposeName, { gate: name, epoch }: KnownGate): Promise<Gate> {
    const id = decodeId('gat', name);
    const kind = purposeNamed(purpose).ground === 'consent' ? 'refused' : 'objected';
    if (await this.gates.insertDeclined(tx, id, purpose, epoch))
      await this.store.append(tx, { gate: id, epoch, kind, notice: null, channel: 'none' });
    const gate = await this.gates.lock(tx, id);
    if (!gate) throw new Error('a gate that was made is gone');
    return gate;
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
      if (isRefusedForGood(error)) await this.unitOfWork.run((tx) => this.takeBack(tx, opening));
      return refusedByVault(error);
    }
  }

  /** As if it had not been begun: what waits for its erasure would otherwise wait anew with each attempt. */
  private async takeBack(tx: Tx, { gate: gateId, epoch, before }: Opening): Promise<void> {
    const gate = await this.gates.lock(tx, gateId);
    if (gate?.state !== 'opening' || gate.epoch !== epoch) return;
    if (!before) await this.gates.destroy(tx, gateId);
    // What another one has begun is theirs.
    else if (before.state !== 'opening') await this.ending.undo(tx, gate);
  }

  private async finishOpening(
    asker: Asker<ApiPerson>,
    { opening, permit }: Asked,
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
      // With its first pseudonym, or the first since what they objected to was erased.
      const isFirst = !opening.before?.pseudonym;
      return { gate, changed: await this.recordGiven(tx, asker, gate, permit, yes, isFirst) };
    });
    if (!opened) throw superseded();
    return this.receipts.answer(opened.gate, opened.changed);
  }

  private async recordGiven(
    tx: Tx,
    asker: Asker<ApiPerson>,
    gate: Gate,
    permit: KnownPermit,
    { notice, channel, isAsked }: Yes,
    isFirst: boolean,
  ): Promise<Changed> {
    const hash = Buffer.from(notice, 'hex');
    const kind = isAsked ? (isFirst ? 'given' : 'renewed') : 'informed';
    const event = { gate: gate.gate_id, epoch: gate.epoch, kind, notice: hash, channel } as const;
    const number = await this.store.append(tx, event);
    await this.sessions.remember(tx, asker.caller, permit);
    await this.audit.append(tx, saidYes(kind, isAsked, notice, about(asker, gate)));
    return { number, kind, notice: hash, channel };
  }

  /** An open consent goes on for as long as a new one would: unless the very same was given today, which changes nothing. */
  private async renew(
    asker: Asker<ApiPerson>,
    { opening, permit }: Asked,
    yes: Yes,
  ): Promise<ConsentChanged> {
    const renewed = await this.unitOfWork.run(async (tx) => {
      const gate = await this.gates.lock(tx, opening.gate);
      // Of what was taken back since the vault was asked, and perhaps agreed to anew, nothing is known.
      if (gate?.state !== 'open' || gate.epoch !== opening.epoch) return null;
      const last = await this.store.findLastAgreed(tx, gate.gate_id);
      if (last && isSame(last, yes)) {
        await this.sessions.remember(tx, asker.caller, permit);
        await this.audit.append(tx, saidYes('repeated', yes.isAsked, yes.notice, about(asker, gate)));
        return { gate, changed: null };
      }
      await this.gates.prolong(tx, gate.gate_id, purposeNamed(gate.purpose).consentDays);
      const [prolonged = gate] = await this.gates.findMany(tx, [gate.gate_id]);
      return { gate: prolonged, changed: await this.recordGiven(tx, asker, gate, permit, yes, false) };
    });
    if (!renewed) throw superseded();
    return this.receipts.answer(renewed.gate, renewed.changed);
  }

  /** Another session of the person opened this purpose meanwhile: our gate was never needed. */
  private async adopt({ caller }: Asker<ApiPerson>, { opening, permit }: Asked): Promise<KnownGate> {
    await this.unitOfWork.run(async (tx) => {
      await this.gates.destroy(tx, opening.gate);
      await this.sessions.remember(tx, caller, permit);
    });
    return { gate: permit.gate, epoch: permit.epoch, permit };
  }
}

function isAnswered({ opening, permit }: Asked): boolean {
  return permit.gate === encodeId('gat', opening.gate);
}
