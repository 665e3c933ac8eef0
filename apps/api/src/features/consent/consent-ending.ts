import { daysUntilErasure, type EventChannel } from '@integument/contracts';
import type { Outbox, Tx } from '@integument/database';
import { type Gate, gateName, type PermitsStore } from '../permits/index.js';
import type { ConsentStore } from './consent.store.js';
import type { Changed } from './consent-receipts.js';

/** Tells the vault of a freeze that was decided here; see FREEZE_TOPIC's handler. */
export const FREEZE_TOPIC = 'permits.freeze';

/** What consents from before notices were kept say they were about: nothing that anybody could read. */
const NO_NOTICE = Buffer.alloc(32);

export interface Ended {
  /** as it is now */
  readonly gate: Gate;
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
  async end(tx: Tx, gate: Gate, kind: 'expired' | 'withdrawn', channel: EventChannel): Promise<Ended> {
    const { gate_id, purpose } = gate;
    const epoch = gate.epoch + 1;
    await this.gates.freeze(tx, gate_id, epoch, daysUntilErasure(purpose));
    const number = await this.store.append(tx, { gate: gate_id, epoch, kind, notice: null, channel });
    await this.outbox.add(tx, FREEZE_TOPIC, { gate: gateName(gate), epoch });
    const frozen = await this.gates.lock(tx, gate_id);
    if (!frozen) throw new Error('a frozen gate is gone');
    const agreed = await this.store.findLastAgreed(tx, gate_id);
    return { gate: frozen, changed: { number, kind, notice: agreed?.notice ?? NO_NOTICE, channel } };
  }
}
