import { randomUUID } from 'node:crypto';
import type { OptOutChannel, OptOutMade, PurposeName } from '@integument/contracts';
import type { Tx } from '@integument/database';
import type { Asker } from '@integument/http';
import type { ApiPerson } from '../../platform/callers.js';
import type { TakingBack } from '../consent/index.js';
import type { Gate } from '../permits/index.js';
import type { OptOutClocks } from './opt-out-clocks.js';
import { type OptOutClock, type ReceivedOptOut, timesOf } from './opt-out-clocks.store.js';

/** How a purpose stands after it, and whether the vault has heard. */
export interface Stopped {
  readonly purpose: OptOutMade['purposes'][number];
  readonly confirmed: boolean;
}

/** Stops one purpose for an opt-out, and starts the clock of its recipients with it. */
export class OptOutStops {
  constructor(
    private readonly takingBack: TakingBack,
    private readonly clocks: OptOutClocks,
  ) {}

  /** @param check made once the gate is held; what it throws leaves everything as it is */
  async stop(
    asker: Asker<ApiPerson>,
    purpose: PurposeName,
    received: ReceivedOptOut,
    channel: OptOutChannel,
    check?: (tx: Tx, gate: Gate) => Promise<void>,
  ): Promise<Stopped> {
    let clock: OptOutClock | undefined;
    const alongside = async (tx: Tx, gate: Gate) => {
      await check?.(tx, gate);
      clock = await this.clocks.start(tx, gate, received);
    };
    const { state, confirmed } = await this.takingBack.optOut(apart(asker), purpose, channel, alongside);
    return { purpose: { purpose, state: 'stopped', ...timesOf(clock), receipt: state.receipt }, confirmed };
  }
}

/** Under the request's own name the entries of two purposes would be one person's to whoever reads the log. */
function apart(asker: Asker<ApiPerson>): Asker<ApiPerson> {
  return { ...asker, requestId: randomUUID() };
}
