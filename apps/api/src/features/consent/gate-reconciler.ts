import type { Tx, UnitOfWork } from '@integument/database';
import { type Gate, gateName, type PermitsStore } from '../permits/index.js';
import type { ConsentEnding } from './consent-ending.js';

/**
 * Finishes what a crash left: a gate that stays `opening` was never answered for, so it is closed again and the vault is
 * told. Rows hold only the day, hence the waiting is counted here, from the first time a gate was seen so.
 */
export class GateReconciler {
  #seen = new Map<string, number>();

  constructor(
    private readonly gates: PermitsStore,
    private readonly ending: ConsentEnding,
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
    await this.ending.undo(tx, gate);
    return true;
  }
}

function nameOf(gate: Gate): string {
  return `${gateName(gate)}:${gate.epoch}`;
}
