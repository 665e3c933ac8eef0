import type { AnswerOf, PurposeName, StandingOptOut, sessionPermits } from '@integument/contracts';
import { decodeId } from '@integument/crypto';
import type { UnitOfWork } from '@integument/database';
import type { Asker } from '@integument/http';
import type { ApiPerson } from '../../platform/callers.js';
import type { ConsentStore, KnownPermits } from '../consent/index.js';
import type { Register } from '../register/index.js';
import { concernedBy } from './concerned-purposes.js';
import type { OptOutClocks } from './opt-out-clocks.js';
import type { OptOutStops } from './opt-out-stops.js';

type Known = AnswerOf<typeof sessionPermits>;

/** They said yes since, or no to this already. */
class Answered extends Error {
  override readonly name = 'Answered';
}

/**
 * Opt-outs that the vault remembers reach what they come to concern later: where a third party gets its data since, or where it begins
 * on a legitimate interest. Events know days, so a yes of the very day of the opt-out counts as one from before.
 */
export class StandingOptOuts {
  constructor(
    private readonly register: Register,
    private readonly permits: KnownPermits,
    private readonly consents: ConsentStore,
    private readonly stops: OptOutStops,
    private readonly clocks: OptOutClocks,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** When they have signed in. */
  async carryOn(asker: Asker<ApiPerson>): Promise<void> {
    if (!asker.caller.content.optOuts?.length) return;
    const known = await this.permits.allInVault(asker.caller);
    for (const optOut of known.optOuts)
      await this.stopAmong(asker, known, optOut, concernedBy(optOut.kind, this.register));
  }

  /** Before a purpose begins that nobody is asked for. From the vault, as they may have opted out in another session. */
  async carryOnTo(asker: Asker<ApiPerson>, purpose: PurposeName): Promise<void> {
    const known = await this.permits.allInVault(asker.caller);
    for (const optOut of known.optOuts)
      if (concernedBy(optOut.kind, this.register).includes(purpose))
        await this.stopAmong(asker, known, optOut, [purpose]);
  }

  private async stopAmong(
    asker: Asker<ApiPerson>,
    known: Known,
    { kind, onDay, channel }: StandingOptOut,
    purposes: readonly PurposeName[],
  ): Promise<void> {
    const answered = await this.answered(known, onDay);
    const received = await this.clocks.receive(kind);
    for (const purpose of purposes)
      if (!answered.has(purpose))
        await this.stops
          .stop(asker, purpose, received, channel, async (tx, gate) => {
            if ((await this.consents.findAnswered(tx, [gate.gate_id], onDay)).length > 0)
              throw new Answered();
          })
          .catch(unlessAnswered);
  }

  private async answered({ permits, declined }: Known, since: string): Promise<Set<PurposeName>> {
    const gates = [...permits, ...declined].map(({ gate, purpose }) => ({
      id: decodeId('gat', gate),
      purpose,
    }));
    const ids = gates.map(({ id }) => id);
    const answered = await this.unitOfWork.single((tx) => this.consents.findAnswered(tx, ids, since));
    return new Set(
      gates.filter(({ id }) => answered.some((one) => one.equals(id))).map(({ purpose }) => purpose),
    );
  }
}

function unlessAnswered(error: unknown): void {
  if (!(error instanceof Answered)) throw error;
}
