import { daysUntilErasure } from '@integument/contracts';
import type { Outbox, Tx, UnitOfWork } from '@integument/database';
import { type Gate, gateName, type PermitsStore } from '../permits/index.js';
import { FREEZE_TOPIC } from './consent-ending.js';

/**
 * Finishes what a crash left: a gate that stays `opening` was never answered for, so it is closed again and the vault is
 * told. Rows hold only the day, hence the waiting is counted here, from the first time a gate was seen so.
 */
export class GateReconciler {
  #seen = new Map<string, number>();

  constructor(
    private readonly gates: PermitsStore,
    private readonly outbox: Outbox,
    private readonly unitOfWork: UnitOfWork,
    private readonly patienceMs = 60_000,
    private readonly now: () => number = Date.now,
  ) {}

  /** @returns how many gates it settled */
  async run(): Promise<number> {
    const opening = await this.unitOfWork.single((tx) => this.gates.findOpening(tx));
    const seen = new Map(opening.map((gate) => [nameOf(gate), this.#seen.get(nameOf(gate)) ?? this.now()]));
    this.#seen = seen;
    let settled = 0;
    for (const gate of opening) {
      if (this.now() - (seen.get(nameOf(gate)) ?? this.now()) < this.patienceMs) continue;
      if (await this.unitOfWork.run((tx) => this.close(tx, gate))) settled++;
    }
    return settled;
  }

  private async close(tx: Tx, seen: Gate): Promise<boolean> {
    const gate = await this.gates.lock(tx, seen.gate_id);
    if (gate?.state !== 'opening' || gate.epoch !== seen.epoch) return false;
    const epoch = gate.epoch + 1;
    await this.gates.freeze(tx, gate.gate_id, epoch, daysUntilErasure(gate.purpose));
    await this.outbox.add(tx, FREEZE_TOPIC, { gate: gateName(gate), epoch });
    return true;
  }
}

function nameOf(gate: Gate): string {
  return `${gateName(gate)}:${gate.epoch}`;
}
