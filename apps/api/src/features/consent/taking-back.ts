import type { AuditLog } from '@integument/audit-log';
import {
  type ConsentChanged,
  declinePermit,
  type EventChannel,
  freezePermit,
  type PurposeName,
  purposeNamed,
} from '@integument/contracts';
import { decodeId, encodeId, randomId } from '@integument/crypto';
import type { Tx, UnitOfWork } from '@integument/database';
import type { Asker } from '@integument/http';
import type { ApiPerson, KnownPermit } from '../../platform/callers.js';
import type { VaultClient } from '../../platform/vault-client.js';
import { type Gate, gateName, type PermitKeys, type PermitsStore } from '../permits/index.js';
import type { Register } from '../register/index.js';
import { about, saidNo } from './consent.audit.js';
import { channelOf, demandGround, demandOpenTo, notGiven } from './consent.errors.js';
import type { Agreement } from './consent.service.js';
import type { ConsentStore } from './consent.store.js';
import type { ConsentEnding, Freeze } from './consent-ending.js';
import { consentState } from './consent-reader.js';
import type { Changed, ConsentReceipts } from './consent-receipts.js';
import { type KnownGate, type KnownPermits, overtaken, superseded } from './known-permits.js';

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
  /** to what never began */
  readonly declines: 'objected' | 'refused';
  readonly notice: Buffer | null;
  readonly channel: EventChannel;
  readonly alongside?: Alongside;
}

/** What it takes to close what is open. */
type Closing = Pick<No, 'alongside' | 'channel' | 'ends'>;

interface Closed {
  readonly gate: Gate;
  /** null where it was closed before */
  readonly freeze: Freeze | null;
  readonly changed: Changed | null;
}

/**
 * A no closes first:
 *
 *   what is open:     gate `frozen` at epoch n+1, and the message to the vault, in one transaction → vault freezes → answer
 *   what never began: vault remembers whose no it is → gate `declined` → answer
 *
 * A crash between leaves a message in the outbox, which is sent again, or a no without its gate, which the next word about it makes.
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
    private readonly audit: AuditLog,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** Of what rests on a legitimate interest it is an objection. @throws CodedError `consent.not_given` */
  async withdraw(asker: Asker<ApiPerson>, purpose: PurposeName): Promise<TakenBack> {
    demandOpenTo(asker.caller, purpose);
    const ends = purposeNamed(purpose).ground === 'consent' ? 'withdrawn' : 'objected';
    const taken = await this.end(asker, purpose, { ends, channel: channelOf(asker.caller, 'web') });
    if (!taken) throw notGiven();
    return taken;
  }

  /** @throws CodedError `consent.other_ground`, `consent.notice_not_current` */
  async refuse(
    asker: Asker<ApiPerson>,
    purpose: PurposeName,
    { notice, channel }: Agreement,
  ): Promise<TakenBack> {
    demandGround(purpose, 'consent');
    this.register.agreed(purpose, notice);
    const hash = Buffer.from(notice, 'hex');
    return this.no(asker, purpose, { ends: 'withdrawn', declines: 'refused', notice: hash, channel });
  }

  /** GDPR Art. 21. @throws CodedError `consent.other_ground` */
  async object(asker: Asker<ApiPerson>, purpose: PurposeName, channel: EventChannel): Promise<TakenBack> {
    demandGround(purpose, 'legitimate-interest');
    return this.no(asker, purpose, { ends: 'objected', declines: 'objected', notice: null, channel });
  }

  /** As an objection, whatever the ground. @param alongside also where it was objected to before */
  async optOut(
    asker: Asker<ApiPerson>,
    purpose: PurposeName,
    channel: EventChannel,
    alongside: Alongside,
  ): Promise<TakenBack> {
    const no = { ends: 'objected', declines: 'objected', notice: null, channel, alongside } as const;
    return this.no(asker, purpose, no);
  }

  private async no(asker: Asker<ApiPerson>, purpose: PurposeName, said: No): Promise<TakenBack> {
    demandOpenTo(asker.caller, purpose);
    const no = { ...said, channel: channelOf(asker.caller, said.channel) };
    return (await this.end(asker, purpose, no)) ?? this.decline(asker, purpose, no);
  }

  /** @returns null where nothing of the purpose lives */
  private async end(asker: Asker<ApiPerson>, purpose: PurposeName, no: Closing): Promise<TakenBack | null> {
    // A permit that the session remembers may be erased by now, and another one given elsewhere: that one is meant then.
    const remembered = this.permits.inSession(asker.caller, purpose);
    const closed =
      (await this.closeKnown(asker, remembered, no)) ??
      (await this.closeKnown(asker, (await this.permits.inVault(asker.caller, purpose))?.permit, no));
    if (!closed) return null;
    const { gate, freeze, changed } = closed;
    this.keys.forget(gate);
    // From here on nothing of this purpose takes effect; the vault only has to hear of it.
    const confirmed = await this.vault
      .call(freezePermit, { body: freeze ?? { gate: gateName(gate), epoch: gate.epoch } })
      .then(() => true)
      .catch(() => false);
    return { state: await this.withReceipt(gate, changed), confirmed };
  }

  private async closeKnown(
    asker: Asker<ApiPerson>,
    known: KnownPermit | null | undefined,
    no: Closing,
  ): Promise<Closed | null> {
    return known ? this.unitOfWork.run((tx) => this.close(tx, asker, decodeId('gat', known.gate), no)) : null;
  }

  private async close(
    tx: Tx,
    asker: Asker<ApiPerson>,
    gateId: Buffer,
    { ends, channel, alongside }: Closing,
  ): Promise<Closed | null> {
    const gate = await this.gates.lock(tx, gateId);
    if (!gate || gate.state === 'destroyed' || gate.state === 'declined') return null;
    const isOver = gate.state === 'frozen';
    // Who objects to what has run out by itself wants it never to begin again.
    const isNews = !isOver || (ends === 'objected' && (await this.store.findLastKind(tx, gateId)) !== ends);
    await this.audit.append(tx, saidNo(ends, about(asker, gate), isNews));
    await alongside?.(tx, gate);
    if (!isOver) return this.ending.end(tx, gate, ends, channel);
    const changed = isNews ? await this.recorded(tx, gate, { kind: ends, notice: null, channel }) : null;
    return { gate, freeze: null, changed };
  }

  private async decline(asker: Asker<ApiPerson>, purpose: PurposeName, no: No): Promise<TakenBack> {
    const known = await this.permits.inVault(asker.caller, purpose);
    // Something came to life since we looked for it.
    if (known?.permit) throw superseded();
    const { gate, epoch } = known ?? (await this.declineInVault(asker.caller, purpose));
    const declined = await this.unitOfWork.run((tx) =>
      this.recordDeclined(tx, asker, { gate: decodeId('gat', gate), purpose, epoch }, no),
    );
    return { state: await this.withReceipt(declined.gate, declined.changed), confirmed: true };
  }

  private async declineInVault(
    { content: { session } }: ApiPerson,
    purpose: PurposeName,
  ): Promise<Pick<KnownGate, 'epoch' | 'gate'>> {
    const asked = { gate: encodeId('gat', randomId()) as KnownGate['gate'], epoch: 1 };
    const body = { session, purpose, ...asked };
    const { gate, state } = await this.vault.call(declinePermit, { body }).catch(overtaken);
    // Another session of theirs was faster, with a yes or with a no.
    if (gate !== asked.gate || state !== 'declined') throw superseded();
    return asked;
  }

  private async recordDeclined(
    tx: Tx,
    asker: Asker<ApiPerson>,
    { gate: gateId, purpose, epoch }: { gate: Buffer; purpose: PurposeName; epoch: number },
    { declines, notice, channel, alongside }: No,
  ): Promise<Pick<Closed, 'changed' | 'gate'>> {
    const isNew = await this.gates.insertDeclined(tx, gateId, purpose, epoch);
    const gate = await this.gates.lock(tx, gateId);
    if (gate?.state !== 'declined') throw superseded();
    // Who opts out of what they refused before wants more than not to be asked.
    const isNews =
      isNew || (declines === 'objected' && (await this.store.findLastKind(tx, gateId)) !== declines);
    await this.audit.append(tx, saidNo(declines, about(asker, gate), isNews));
    await alongside?.(tx, gate);
    const changed = isNews ? await this.recorded(tx, gate, { kind: declines, notice, channel }) : null;
    return { gate, changed };
  }

  private async recorded(tx: Tx, gate: Gate, event: Omit<Changed, 'number'>): Promise<Changed> {
    const number = await this.store.append(tx, { gate: gate.gate_id, epoch: gate.epoch, ...event });
    return { number, ...event };
  }

  private async withReceipt(gate: Gate, changed: Changed | null): Promise<ConsentChanged> {
    const receipt = changed && (await this.receipts.issue(gate, changed));
    return { ...consentState(gate.purpose, gate), receipt };
  }
}
