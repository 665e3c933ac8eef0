import { setImmediate } from 'node:timers/promises';
import type { AuditLog } from '@integument/audit-log';
import {
  type ConsentChanged,
  dayOf,
  declinePermit,
  type EventChannel,
  freezePermit,
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
import { type Alongside, isNewsAfter, type KeptNo, type No, type Said } from './nos.js';

/** How a purpose stands after a no, and whether the vault has heard of it. */
export interface TakenBack {
  readonly state: ConsentChanged;
  readonly confirmed: boolean;
}

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
    private readonly now: () => Date = () => new Date(),
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
    const no = { notice, channel: channelOf(asker.caller, channel) };
    return this.no(asker, purpose, { ends: 'withdrawn', declines: 'refused', ...no });
  }

  /** GDPR Art. 21. @throws CodedError `consent.other_ground` */
  async object(asker: Asker<ApiPerson>, purpose: PurposeName, channel: EventChannel): Promise<TakenBack> {
    demandGround(purpose, 'legitimate-interest');
    const no = { channel: channelOf(asker.caller, channel) };
    return this.no(asker, purpose, { ends: 'objected', declines: 'objected', ...no });
  }

  /**
   * As an objection, whatever the ground, and their own: also where it is brought up by who answers for them, who can make none.
   * @param alongside also where it was objected to before
   */
  async optOut(
    asker: Asker<ApiPerson>,
    purpose: PurposeName,
    channel: EventChannel,
    alongside: Alongside,
  ): Promise<TakenBack> {
    return this.no(asker, purpose, { ends: 'objected', declines: 'objected', channel, alongside });
  }

  private async no(asker: Asker<ApiPerson>, purpose: PurposeName, no: KeptNo): Promise<TakenBack> {
    demandOpenTo(asker.caller, purpose);
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
      if (!first || this.isDue(first.gate)) throw error;
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
    // What has run out by itself, or was ended in their place, may begin again unless their own no is written down. At a later epoch,
    // so that the vault refuses an erasure which is on its way and would forget it.
    const isNews = !isOver || (await this.isNews(tx, gate, { kind: ends, channel }));
    await this.note(tx, asker, gate, ends, isNews, no);
    if (!isNews) return { gate, isOver, freeze: null, changed: null };
    return { ...(await this.ending.end(tx, gate, ends, channel)), isOver };
  }

  /** A yes after a no is on its way, or came to nothing. */
  private async closeAgain(tx: Tx, asker: Asker<ApiPerson>, opening: Gate, no: No): Promise<Closed> {
    const freeze = await this.ending.undo(tx, opening);
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
    let failure: unknown;
    const telling = this.vault.call(freezePermit, { body }).catch((error: unknown) => {
      failure = error;
      return null;
    });
    // Under way before the receipt's signature takes the processor.
    await setImmediate();
    const settle = (tx: Tx) => message && this.outbox.drop(tx, message);
    const told = telling.then((heard) => heard && { key: heard.key, settle });
    const state = await this.receipts.answer(gate, changed, told);
    const heard = await telling;
    const { declines } = no;
    // An erasure that set out before this no takes with it whose it is, and no later message brings that back: they say it again.
    if (!heard && declines && this.isDue(gate)) throw failure;
    // It was erased there just before, and with it whose no this is.
    if (heard?.state === 'destroyed' && declines) return this.decline(asker, purpose, { ...no, declines });
    return { state, confirmed: heard !== null };
  }

  private async decline(asker: Asker<ApiPerson>, purpose: PurposeName, no: KeptNo): Promise<TakenBack> {
    const known = await this.permits.inVault(asker.caller, purpose);
    if (!known) this.demandNotice(purpose, no);
    const found = known ?? (await this.declineInVault(asker.caller, purpose));
    if (!found) return this.endLate(asker, purpose, no);
    const { gate, epoch, permit } = found;
    const closed = await this.unitOfWork.run(async (tx): Promise<Closed> => {
      const declined = await this.declinedGate(tx, { gate, epoch, permit }, purpose, no);
      const changed = await this.noteDeclined(tx, asker, declined, no);
      return { gate: declined, isOver: false, freeze: permit && freezeOf(declined), changed };
    });
    if (closed.freeze) return this.confirm(asker, purpose, closed, no);
    return { state: await this.receipts.answer(closed.gate, closed.changed), confirmed: true };
  }

  /** @returns the no that stands, by whichever session of theirs; null where one was faster with a yes */
  private async declineInVault(
    { content: { session } }: ApiPerson,
    purpose: PurposeName,
  ): Promise<KnownGate | null> {
    const asked = { gate: encodeId('gat', randomId()) as KnownGate['gate'], epoch: 1 };
    const body = { session, purpose, ...asked };
    const { gate, state, epoch } = await this.vault.call(declinePermit, { body }).catch(refusedByVault);
    return state === 'declined' ? { gate, epoch, permit: null } : null;
  }

  /** What began while its no was on its way is what that no is to. */
  private async endLate(asker: Asker<ApiPerson>, purpose: PurposeName, no: No): Promise<TakenBack> {
    const taken = await this.end(asker, purpose, no);
    if (!taken) throw superseded();
    return taken;
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

  private async noteDeclined(tx: Tx, asker: Asker<ApiPerson>, gate: Gate, no: No): Promise<Changed | null> {
    // What never came to be can't be withdrawn.
    const said = { kind: no.declines ?? 'refused', channel: no.channel } as const;
    const isNews = await this.isNews(tx, gate, said);
    await this.note(tx, asker, gate, said.kind, isNews, no);
    if (!isNews) return null;
    const event = { ...said, notice: no.notice ? Buffer.from(no.notice, 'hex') : null };
    const number = await this.store.append(tx, { gate: gate.gate_id, epoch: gate.epoch, ...event });
    return { number, ...event };
  }

  private async isNews(tx: Tx, { gate_id }: Gate, said: Said): Promise<boolean> {
    return isNewsAfter(await this.store.findLast(tx, gate_id), said);
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

  /** Whether it may be erased at the vault by now. */
  private isDue({ state, due_on }: Gate): boolean {
    return state === 'frozen' && (due_on === null || due_on <= dayOf(this.now()));
  }
}
