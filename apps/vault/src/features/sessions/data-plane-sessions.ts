import { setTimeout as sleep } from 'node:timers/promises';
import type { UnitOfWork } from '@integument/database';
import { Answer, sessionLeasesOver } from '@integument/http';
import type { SessionsStore } from './sessions.store.js';

const PATIENCE_MS = 3_000;
const ROUND_MS = 50;

export type Ended = 'everywhere' | 'here';

/** Waits, after sessions were ended and that is committed, until they let nobody in any more: at the vault, and at the API as far as it answers. */
export class DataPlaneSessions {
  constructor(
    private readonly store: SessionsStore,
    private readonly unitOfWork: UnitOfWork,
    private readonly patienceMs = PATIENCE_MS,
  ) {}

  /**
   * @param owners whose sessions: all that end of theirs, those that somebody asked for before, too
   * @returns `here` where the data plane has not confirmed it in time. It will hear of it as soon as it asks.
   */
  async ended(...owners: readonly Buffer[]): Promise<Ended> {
    const [confirmed] = await Promise.all([this.confirmed(owners), sessionLeasesOver()]);
    return confirmed ? 'everywhere' : 'here';
  }

  /** The same as an answer: RFC 9110, section 15.3.3, what is not done yet is accepted and no more. */
  async answer(...owners: readonly Buffer[]): Promise<Answer<{ ended: Ended }>> {
    const ended = await this.ended(...owners);
    return Answer.of({ ended }, { status: ended === 'everywhere' ? 200 : 202 });
  }

  private async confirmed(owners: readonly Buffer[]): Promise<boolean> {
    const until = performance.now() + this.patienceMs;
    while (await this.unitOfWork.single((tx) => this.store.isEnding(tx, owners))) {
      if (performance.now() > until) return false;
      await sleep(ROUND_MS);
    }
    return true;
  }
}
