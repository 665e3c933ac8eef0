import type { RouteContract } from '@integument/contracts';
import { type VaultClient, VaultRefused } from '../../../apps/api/src/platform/vault-client.js';
import { Crash } from './crash.js';
import { unavailable } from './in-process-vault.js';

/** What becomes of a message and its answer. */
export const FATES = [
  'arrives',
  /** the vault never hears of it */
  'lost',
  /** the vault does it, its answer is lost */
  'unanswered',
  /** the caller is told that it failed; it comes to the vault all the same, after others */
  'late',
  /** at once, and again after others */
  'repeated',
  /** the vault does it, its answer comes after others */
  'held',
  /** the vault does it, and the caller's process is gone */
  'crash',
] as const;
export type Fate = (typeof FATES)[number];

type Call = (route: RouteContract, input: never) => Promise<unknown>;

/** A line to the vault that loses, repeats, delays and reorders what changes a permit. */
export class LatePost {
  #next: Fate = 'arrives';
  readonly #late: (() => Promise<unknown>)[] = [];
  readonly #held: (() => void)[] = [];
  #told: () => void = () => undefined;

  constructor(
    private readonly vault: VaultClient,
    private readonly travelling: readonly RouteContract[],
  ) {}

  asClient(): VaultClient {
    const call: Call = (route, input) => this.call(route, input);
    return { call } as unknown as VaultClient;
  }

  /**
   * Begins something whose next message meets with this.
   * @returns when it is done or waits for an answer; the work itself goes on
   */
  async during(fate: Fate, work: () => Promise<unknown>): Promise<{ readonly underWay: Promise<unknown> }> {
    this.#next = fate;
    const waits = new Promise<void>((resolve) => {
      this.#told = resolve;
    });
    const underWay = work();
    await Promise.race([underWay.catch(() => undefined), waits]);
    this.#next = 'arrives';
    return { underWay };
  }

  /** One of the messages that are late arrives now. */
  async arrive(which: number): Promise<void> {
    const [message] = this.#late.splice(which % Math.max(this.#late.length, 1), 1);
    await message?.().catch((error: unknown) => {
      if (!(error instanceof VaultRefused)) throw error;
    });
  }

  /** One of the answers that are held comes now. */
  release(which: number): void {
    const [answer] = this.#held.splice(which % Math.max(this.#held.length, 1), 1);
    answer?.();
  }

  /** What was late is lost, and what was held is answered. */
  clear(): void {
    this.#late.length = 0;
    for (const answer of this.#held.splice(0)) answer();
  }

  /** All of it, one after the other, and what holds whatever is under way is looked at between. */
  async arriveAll(which: () => number, hold: () => Promise<void>): Promise<void> {
    while (this.#late.length + this.#held.length > 0) {
      this.release(which());
      await this.arrive(which());
      await hold();
    }
  }

  private async call(route: RouteContract, input: never): Promise<unknown> {
    const deliver = () => (this.vault.call as unknown as Call)(route, input);
    if (!this.travelling.includes(route)) return deliver();
    const fate = this.#next;
    this.#next = 'arrives';
    if (fate === 'late') this.#late.push(deliver);
    if (fate === 'late' || fate === 'lost') throw unavailable();
    const answer = await deliver();
    if (fate === 'repeated') this.#late.push(deliver);
    if (fate === 'crash') throw new Crash();
    if (fate === 'unanswered') throw unavailable();
    if (fate === 'held') await this.hold();
    return answer;
  }

  private hold(): Promise<void> {
    return new Promise((resolve) => {
      this.#held.push(resolve);
      this.#told();
    });
  }
}
