import { dayOf, type GateId, toldPermits } from '@integument/contracts';
import { encodeId } from '@integument/crypto';
import type { UnitOfWork } from '@integument/database';
import type { VaultClient } from '../../platform/vault-client.js';
import type { OptOutClocksStore, RunningClock } from './opt-out-clocks.store.js';

/** As many as can be asked of in one call. */
const AT_ONCE = 1_000;

/**
 * Ends the clocks of what every recipient has heard of, as the vault says, which alone knows who they are. What one of them never will
 * hear of is never done: that is kept here, since the vault forgets it in the end.
 */
export class RecipientsHeard {
  constructor(
    private readonly store: OptOutClocksStore,
    private readonly vault: VaultClient,
    private readonly unitOfWork: UnitOfWork,
    private readonly now: () => Date = () => new Date(),
  ) {}

  /** @returns how many clocks have ended, either way */
  async endClocks(): Promise<number> {
    let ended = 0;
    for (let after: RunningClock | null = null; ; ) {
      const some: RunningClock[] = await this.unitOfWork.single((tx) =>
        this.store.findRunning(tx, after, AT_ONCE),
      );
      after = some.at(-1) ?? null;
      if (!after) return ended;
      ended += await this.endAmong(some);
    }
  }

  private async endAmong(clocks: readonly RunningClock[]): Promise<number> {
    const gates = [...new Set(clocks.map(gateOf))];
    const { told, lost } = await this.vault.call(toldPermits, { body: { gates } });
    const today = dayOf(this.now());
    const among = (names: readonly string[]) => {
      const set = new Set(names);
      return clocks.filter((clock) => set.has(gateOf(clock)));
    };
    return this.unitOfWork.run(
      async (tx) =>
        (await this.store.end(tx, 'done_on', among(told), today)) +
        (await this.store.end(tx, 'lost_on', among(lost), today)),
    );
  }
}

function gateOf({ gate_id }: RunningClock): GateId {
  return encodeId('gat', gate_id) as GateId;
}
