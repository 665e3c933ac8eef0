import { daysUntilErasure, type EventChannel, type GateId } from '@integument/contracts';
import type { Outbox, Tx } from '@integument/database';
import type { OutboxTopic } from '../../platform/outbox-topics.js';
import { type Gate, gateName, type PermitsStore } from '../permits/index.js';
import type { ConsentStore } from './consent.store.js';
import type { Changed } from './consent-receipts.js';

/** Tells the vault of a freeze that was decided here: a {@link Freeze}. */
export const FREEZE_TOPIC = 'permits.freeze';

/** As a message says it. */
export interface Freeze {
  readonly gate: GateId;
  readonly epoch: number;
  /** the gate is declined: what was minted for it goes, and the no stays */
  readonly keepNo?: true;
}

export interface Ended {
  /** as it is now */
  readonly gate: Gate;
  /** what the vault is told */
  readonly freeze: Freeze;
  /** by which it is told */
  readonly message: Buffer;
  readonly changed: Changed;
}

/** Closes gates: nothing of the purpose takes effect from the commit on, and the vault is told, by the outbox if need be. */
export class ConsentEnding {
  constructor(
    private readonly gates: PermitsStore,
    private readonly store: ConsentStore,
    private readonly outbox: Outbox<OutboxTopic>,
  ) {}

  /** @param gate open, opening or frozen, and held by the caller */
  async end(
    tx: Tx,
    gate: Gate,
    kind: 'expired' | 'objected' | 'withdrawn',
    channel: EventChannel,
  ): Promise<Ended> {
    const { gate_id } = gate;
    const epoch = gate.epoch + 1;
    const freeze: Freeze = { gate: gateName(gate), epoch };
    // Sent together, in this order: a withdrawal waits for each answer that is waited for.
    const [frozen, number, agreed, message] = await Promise.all([
      this.gates.freeze(tx, gate_id, epoch, daysUntilErasure(gate.purpose)),
      this.store.append(tx, { gate: gate_id, epoch, kind, notice: null, channel }),
      this.store.findLastAgreed(tx, gate_id),
      this.outbox.add(tx, FREEZE_TOPIC, freeze),
    ]);
    const changed = { number, kind, notice: agreed?.notice ?? null, channel };
    return { gate: frozen, freeze, message, changed };
  }

  /**
   * As if an opening had not been begun: to a no, where nothing but that was behind the gate, else frozen. The vault is told, since
   * it may have opened, for this opening or for one that joined it.
   * @param gate opening, and held by the caller
   * @returns what the vault is told
   */
  async undo(tx: Tx, gate: Gate): Promise<Freeze> {
    const { gate_id, purpose } = gate;
    const epoch = gate.epoch + 1;
    const isAfterNo = await this.isAfterNo(tx, gate);
    if (isAfterNo) await this.gates.decline(tx, gate_id, epoch);
    else await this.gates.freeze(tx, gate_id, epoch, daysUntilErasure(purpose));
    const freeze = freezeOf({ gate_id, epoch, state: isAfterNo ? 'declined' : 'frozen' });
    await this.outbox.add(tx, FREEZE_TOPIC, freeze);
    return freeze;
  }

  /** Whether all that was ever said of what is behind the gate is a no: it has no pseudonym yet, or not any more. */
  async isAfterNo(tx: Tx, { gate_id, pseudonym }: Gate): Promise<boolean> {
    return pseudonym === null && this.store.isNo(tx, gate_id);
  }
}

/** What the vault is to know of a closed gate. */
export function freezeOf(gate: Pick<Gate, 'epoch' | 'gate_id' | 'state'>): Freeze {
  return {
    gate: gateName(gate),
    epoch: gate.epoch,
    ...(gate.state === 'declined' && { keepNo: true as const }),
  };
}
