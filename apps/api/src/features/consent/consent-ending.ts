import { daysUntilErasure, type EventChannel, type GateId } from '@integument/contracts';
import type { Outbox, Tx } from '@integument/database';
import { type Gate, gateName, type PermitsStore } from '../permits/index.js';
import type { ConsentStore } from './consent.store.js';
import type { Changed } from './consent-receipts.js';

/** Tells the vault of a freeze that was decided here: a {@link Freeze}. */
export const FREEZE_TOPIC = 'permits.freeze';

/** As a message says it. */
export interface Freeze {
  readonly gate: GateId;
  readonly epoch: number;
}

export interface Ended {
  /** as it is now */
  readonly gate: Gate;
  /** what the vault is told */
  readonly freeze: Freeze;
  readonly changed: Changed;
}

/** Closes gates: nothing of the purpose takes effect from the commit on, and the vault is told, by the outbox if need be. */
export class ConsentEnding {
  constructor(
    private readonly gates: PermitsStore,
    private readonly store: ConsentStore,
    private readonly outbox: Outbox,
  ) {}

  /** @param gate open or opening, and held by the caller */
  async end(
    tx: Tx,
    gate: Gate,
    kind: 'expired' | 'objected' | 'withdrawn',
    channel: EventChannel,
  ): Promise<Ended> {
    const { gate_id, purpose } = gate;
    const epoch = gate.epoch + 1;
    await this.gates.freeze(tx, gate_id, epoch, daysUntilErasure(purpose));
    const number = await this.store.append(tx, { gate: gate_id, epoch, kind, notice: null, channel });
    const freeze: Freeze = { gate: gateName(gate), epoch };
    await this.outbox.add(tx, FREEZE_TOPIC, freeze);
    const frozen = await this.gates.lock(tx, gate_id);
    if (!frozen) throw new Error('a frozen gate is gone');
    const agreed = await this.store.findLastAgreed(tx, gate_id);
    return { gate: frozen, freeze, changed: { number, kind, notice: agreed?.notice ?? null, channel } };
  }
}
