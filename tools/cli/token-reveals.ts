import { type HeldToken, type RevealResult, revealTokens, TOKENS_MAX } from '@integument/contracts';
import { Failure } from './failure.js';
import type { Interruption } from './interruption.js';
import type { RevealWish } from './reveal-wish.js';
import type { Vault } from './vault-client.js';

const LIMITED = 'request.rate_limited';
const MINUTE_MS = 60_000;
/** Clocks differ a little. */
const AFTER_MINUTE_MS = 2_000;
/** how long is waited without any token being told */
const PATIENCE_MS = 30 * MINUTE_MS;
/** The vault takes four megabytes; format-preserving tokens can be long. */
const BYTES = 3 * 1024 * 1024;

export interface Pace {
  now(): number;
  wait(ms: number): Promise<void>;
}

export function paceOf(interruption: Interruption): Pace {
  return { now: Date.now, wait: (ms) => interruption.wait(ms) };
}

interface Waiting {
  readonly token: HeldToken;
  readonly at: number;
}

/**
 * Asks for the values of any number of tokens, in calls that the vault takes.
 *
 * A reveal policy may have an allowance by the minute, which a call fits into whole or not at all, and a call that doesn't fit
 * spends it nevertheless. So it is tried once a minute: with half as many, where nothing had gone before in that minute.
 */
export class TokenReveals {
  #most = TOKENS_MAX;
  #toldAt: number;
  /** nothing was asked in this minute yet */
  #isFresh = true;

  constructor(
    private readonly vault: Vault,
    private readonly wish: RevealWish,
    private readonly pace: Pace,
  ) {
    this.#toldAt = pace.now();
  }

  /** @returns in the order of the tokens @throws {Failure} where the allowance lets nothing through for too long */
  async reveal(tokens: readonly HeldToken[]): Promise<RevealResult[]> {
    const results: RevealResult[] = tokens.map(() => ({ code: 'tokens.not_found' }));
    let waiting: readonly Waiting[] = tokens.map((token, at) => ({ token, at }));
    this.#toldAt = this.pace.now();
    while (waiting.length > 0) {
      const some = this.fitting(waiting);
      const told = await this.ask(some);
      const late = some.filter((_, place) => isLimited(told[place]));
      for (const [place, { at }] of some.entries()) results[at] = told[place] ?? { code: 'tokens.not_found' };
      if (late.length < some.length) this.#toldAt = this.pace.now();
      if (late.length > 0) await this.rest(late.length);
      else this.#isFresh = false;
      waiting = [...late, ...waiting.slice(some.length)];
    }
    return results;
  }

  private async ask(some: readonly Waiting[]): Promise<readonly RevealResult[]> {
    const body = JSON.stringify({ tokens: some.map(({ token }) => token), ...this.wish });
    // A token for some uses would lose one for an answer that was lost on its way.
    return (await this.vault.call(revealTokens, { body, once: true })).results;
  }

  private fitting(waiting: readonly Waiting[]): readonly Waiting[] {
    let bytes = 0;
    const most = waiting.slice(0, this.#most);
    const end = most.findIndex(({ token }) => {
      bytes += Buffer.byteLength(JSON.stringify(token)) + 1;
      return bytes > BYTES;
    });
    return end < 0 ? most : most.slice(0, Math.max(end, 1));
  }

  private async rest(late: number): Promise<void> {
    const now = this.pace.now();
    if (now - this.#toldAt >= PATIENCE_MS) {
      throw new Failure('the allowance of the reveal policy has let nothing through for half an hour');
    }
    if (this.#isFresh) this.#most = Math.max(Math.floor(Math.min(this.#most, late) / 2), 1);
    await this.pace.wait(MINUTE_MS - (now % MINUTE_MS) + AFTER_MINUTE_MS);
    this.#isFresh = true;
  }
}

function isLimited(one: RevealResult | undefined): boolean {
  return one !== undefined && 'code' in one && one.code === LIMITED;
}
