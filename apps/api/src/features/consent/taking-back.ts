import { setImmediate } from 'node:timers/promises';
import type { AuditLog } from '@integument/audit-log';
import {
  type ConsentChanged,
  declinePermit,
  type EventChannel,
  freezePermit,
  type NoticeHash,
  type PurposeName,
  purposeNamed,
} from '@integument/contracts';
import { decodeId, encodeId, randomId } from '@integument/crypto';
import type { Outbox, Tx, UnitOfWork } from '@integument/database';
import type { Asker } from '@integument/http';
import type { ApiPerson } from '../../platform/callers.js';
import type { VaultClient } from '../../platform/vault-client.js';
import type { Gate, PermitKeys, PermitsStore } from '../permits/index.js';
import type { Register } from '../register/index.js';
import type { Agreement } from './agreements.js';
import { about, saidNo } from './consent.audit.js';
import { channelOf, demandGround, demandOpenTo, notGiven } from './consent.errors.js';
import type { ConsentStore } from './consent.store.js';
import { type ConsentEnding, type Freeze, freezeOf } from './consent-ending.js';
import type { Changed, ConsentReceipts } from './consent-receipts.js';
import { type KnownGate, type KnownPermits, refusedByVault, superseded } from './known-permits.js';

/** How a purpose stands after a no, and whether the vault has heard of it. */
export interface TakenBack {
  readonly state: ConsentChanged;
  readonly confirmed: boolean;
}

/** What else is done in the transaction in which a gate closes, and is held. */
export type Alongside = (tx: Tx, gate: Gate) => Promise<void>;

/** A no, and where it was said. */
interface No {
  /** to what is open */
  readonly ends: 'objected' | 'withdrawn';
  /** to what never began, or is over; undefined: there it is not kept */
  readonly declines?: 'objected' | 'refused';
  /** what was shown, where it has to be */
  readonly notice?: NoticeHash;
  readonly channel: EventChannel;
  readonly alongside?: Alongside;
}

type KeptNo = No & Required<Pick<No, 'declines'>>;

interface Closed {
  readonly gate: Gate;
  /** whether it was closed before */
  readonly isOver: boolean;
  /** what the vault is told; null where it was told before */
  readonly freeze: Freeze | null;
  /** by which it is told in any case */
  readonly message?: Buffer;
  readonly changed: Changed | null;
}

/**
 * A no closes first:
 *
 *   what is open:     gate `frozen` at epoch n+1, and the message to the vault, in one transaction → vault freezes → answer
 *   what never began: vault remembers whose no it is → gate `declined` → answer
 *
 * A crash between leaves a message in the outbox, which is sent again, or a no without its gate, which the next word about it makes.
 * A yes after a no that came to nothing is undone: the no stands, and the vault hears of it once more.
 */
export class TakingBack {
  constructor(
    private readonly gates: PermitsStore,
    private readonly store: ConsentStore,
    private readonly keys: PermitKeys,
    private readonly vault: VaultClient,
    private readonly permits: KnownPermits,
    private readonly register: Register,
    private readonly ending: ConsentEnding,
    private readonly receipts: ConsentReceipts,
    private readonly outbox: Outbox,
    private readonly audit: AuditLog,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** Of what rests on a legitimate interest it is an objection. @throws CodedError `consent.not_given` */
  async withdraw(asker: Asker<ApiPerson>, purpose: PurposeName): Promise<TakenBack> {
    demandOpenTo(asker.caller, purpose);
    const no: No =
      purposeNamed(purpose).ground === 'consent'
        ? { ends: 'withdrawn', channel: channelOf(asker.caller, 'web') }
        : { ends: 'objected', declines: 'objected', channel: channelOf(asker.caller, 'web') };
    const taken = await this.end(asker, purpose, no);
    if (!taken) throw notGiven();
    return taken;
  }

  /** @throws CodedError `consent.other_ground`; `consent.notice_not_current` where nothing lives that could be closed without one */
  async refuse(
    asker: Asker<ApiPerson>,
    purpose: PurposeName,
    { notice, channel }: Agreement,
  ): Promise<TakenBack> {
    demandGround(purpose, 'consent');
    return this.no(asker, purpose, { ends: 'withdrawn', declines: 'refused', notice, channel });
  }

  /** GDPR Art. 21. @throws CodedError `consent.other_ground` */
  async object(asker: Asker<ApiPerson>, purpose: PurposeName, channel: EventChannel): Promise<TakenBack> {
    demandGround(purpose, 'legitimate-interest');
    return this.no(asker, purpose, { ends: 'objected', declines: 'objected', channel });
  }

  /** As an objection, whatever the ground. @param alongside also where it was objected to before */
  async optOut(
    asker: Asker<ApiPerson>,
    purpose: PurposeName,
    channel: EventChannel,
    alongside: Alongside,
  ): Promise<TakenBack> {
    return this.no(asker, purpose, { ends: 'objected', declines: 'objected', channel, alongside });
  }

  private async no(asker: Asker<ApiPerson>, purpose: PurposeName, said: KeptNo): Promise<TakenBack> {
    demandOpenTo(asker.caller, purpose);
    const no = { ...said, channel: channelOf(asker.caller, said.channel) };
    return (await this.end(asker, purpose, no)) ?? this.decline(asker, purpose, no);
  }

  /** @returns null where nothing of the purpose lives */
  private async end(asker: Asker<ApiPerson>, purpose: PurposeName, no: No): Promise<TakenBack | null> {
    const remembered = this.permits.inSession(asker.caller, purpose);
    const first = remembered && (await this.closeKnown(asker, remembered, no));
    const other = !first || first.isOver ? await this.closeOther(asker, purpose, first, no) : null;
    const closed = other ?? first;
    return closed && this.confirm(asker, purpose, closed, no);
  }

  /** What the session remembers may be erased at the vault by now, and another one given elsewhere: that one is meant then. */
  private async closeOther(
    asker: Asker<ApiPerson>,
    purpose: PurposeName,
    first: Closed | null,
    no: No,
  ): Promise<Closed | null> {
    const known = await this.permits.inVault(asker.caller, purpose).catch((error: unknown) => {
      // Before its day nothing is erased: there is no other.
      if (!first || isDue(first.gate)) throw error;
      return null;
    });
    const isOther = known && (!first || !decodeId('gat', known.gate).equals(first.gate.gate_id));
    return isOther ? this.closeKnown(asker, known, no) : null;
  }

  private closeKnown(
    asker: Asker<ApiPerson>,
    { gate }: Pick<KnownGate, 'gate'>,
    no: No,
  ): Promise<Closed | null> {
    return this.unitOfWork.run((tx) => this.close(tx, asker, decodeId('gat', gate), no));
  }

  private async close(tx: Tx, asker: Asker<ApiPerson>, gateId: Buffer, no: No): Promise<Closed | null> {
    const gate = await this.gates.lock(tx, gateId);
    if (!gate || gate.state === 'destroyed' || gate.state === 'declined') return null;
    if (gate.state === 'opening' && (await this.ending.isAfterNo(tx, gate)))
      return this.closeAgain(tx, asker, gate, no);
    const { ends, channel } = no;
    const isOver = gate.state === 'frozen';
    // Who objects to what has run out by itself wants it never to begin again. At a later epoch, so that the vault refuses
    // an erasure which is on its way and would forget that.
    const isNews = !isOver || (ends === 'objected' && (await this.store.findLastKind(tx, gateId)) !== ends);
    await this.note(tx, asker, gate, ends, isNews, no);
    if (!isNews) return { gate, isOver, freeze: null, changed: null };
    return { ...(await this.ending.end(tx, gate, ends, channel)), isOver };
  }

  /** A yes after a no is on its way, or came to nothing. */
  private async closeAgain(tx: Tx, asker: Asker<ApiPerson>, opening: Gate, no: No): Promise<Closed> {
    const freeze = await this.ending.undo(tx, opening, null);
    const gate = await this.gates.lock(tx, opening.gate_id);
    if (!gate) throw new Error('a declined gate is gone');
    return { gate, isOver: false, freeze, changed: await this.noteDeclined(tx, asker, gate, no) };
  }

  /** From here on nothing of this purpose takes effect; the vault only has to hear of it. */
  private async confirm(
    asker: Asker<ApiPerson>,
    purpose: PurposeName,
    { gate, freeze, message, changed }: Closed,
    no: No,
  ): Promise<TakenBack> {
    this.keys.forget(gate);
    const body = {
      ...(freeze ?? freezeOf(gate)),
      ...(changed && gate.pseudonym && { withKey: true as const }),
    };
    const telling = this.vault.call(freezePermit, { body }).catch(() => null);
    // Under way before the receipt's signature takes the processor.
    await setImmediate();
    const settle = (tx: Tx) => message && this.outbox.drop(tx, message);
    const told = telling.then((heard) => heard && { key: heard.key, settle });
    const state = await this.receipts.answer(gate, changed, told);
    const heard = await telling;
    const { declines } = no;
    // It was erased there just before, and with it whose no this is.
    if (heard?.state === 'destroyed' && declines) return this.decline(asker, purpose, { ...no, declines });
    return { state, confirmed: heard !== null };
  }

  private async decline(asker: Asker<ApiPerson>, purpose: PurposeName, no: KeptNo): Promise<TakenBack> {
    const known = await this.permits.inVault(asker.caller, purpose);
    if (!known) this.demandNotice(purpose, no);
    const { gate, epoch, permit } = known ?? (await this.declineInVault(asker.caller, purpose));
    const closed = await this.unitOfWork.run(async (tx): Promise<Closed> => {
      const declined = await this.declinedGate(tx, { gate, epoch, permit }, purpose, no);
      const changed = await this.noteDeclined(tx, asker, declined, no);
      return { gate: declined, isOver: false, freeze: permit && freezeOf(declined), changed };
    });
    if (closed.freeze) return this.confirm(asker, purpose, closed, no);
    return { state: await this.receipts.answer(closed.gate, closed.changed), confirmed: true };
  }

  private async declineInVault(
    { content: { session } }: ApiPerson,
    purpose: PurposeName,
  ): Promise<KnownGate> {
    const asked = { gate: encodeId('gat', randomId()) as KnownGate['gate'], epoch: 1 };
    const body = { session, purpose, ...asked };
    const { gate, state } = await this.vault.call(declinePermit, { body }).catch(refusedByVault);
    // Another session of theirs was faster, with a yes or with a no.
    if (gate !== asked.gate || state !== 'declined') throw superseded();
    return { ...asked, permit: null };
  }

  /** @throws CodedError `consent.superseded`: something came to life since we looked for it */
  private async declinedGate(
    tx: Tx,
    { gate: name, epoch, permit }: KnownGate,
    purpose: PurposeName,
    no: KeptNo,
  ): Promise<Gate> {
    const gateId = decodeId('gat', name);
    // What the vault has minted has its gate already: declined, where the vault has still to hear that it came to nothing.
    if (!permit && (await this.gates.insertDeclined(tx, gateId, purpose, epoch)))
      this.demandNotice(purpose, no);
    const gate = await this.gates.lock(tx, gateId);
    if (gate?.state !== 'declined') throw superseded();
    return gate;
  }

  /** A no that is kept is a no to something: to the words that they saw. */
  private demandNotice(purpose: PurposeName, { notice }: No): void {
    if (notice) this.register.agreed(purpose, notice);
  }

  /** @param gate declined: whatever was said of it last is a no, unless it is new */
  private async noteDeclined(tx: Tx, asker: Asker<ApiPerson>, gate: Gate, no: No): Promise<Changed | null> {
    const kind = no.declines ?? no.ends;
    const last = await this.store.findLastKind(tx, gate.gate_id);
    // To object is more than to refuse; the other way round it says nothing new.
    const isNews = last === null || (kind === 'objected' && last !== kind);
    await this.note(tx, asker, gate, kind, isNews, no);
    if (!isNews) return null;
    const notice = no.notice ? Buffer.from(no.notice, 'hex') : null;
    const event = { kind, notice, channel: no.channel };
    const number = await this.store.append(tx, { gate: gate.gate_id, epoch: gate.epoch, ...event });
    return { number, ...event };
  }

  private async note(
    tx: Tx,
    asker: Asker<ApiPerson>,
    gate: Gate,
    kind: 'objected' | 'refused' | 'withdrawn',
    isNews: boolean,
    { alongside }: No,
  ): Promise<void> {
    await this.audit.append(tx, saidNo(kind, about(asker, gate), isNews));
    await alongside?.(tx, gate);
  }
}

/** Whether it may be erased at the vault by now. */
function isDue({ due_on }: Gate): boolean {
  return due_on === null || due_on <= new Date().toISOString().slice(0, 10);
}
