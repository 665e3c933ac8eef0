import type { HeldToken } from '@integument/contracts';
import { describe, expect, it } from 'vitest';
import { TokenReveals } from './token-reveals.js';
import type { Vault } from './vault-client.js';

const MINUTE = 60_000;

/** Counts as the vault does: a call fits into the minute whole or not at all, and is counted either way. */
class Limited {
  clock = 17_000;
  readonly sizes: number[] = [];
  #used = new Map<number, number>();

  constructor(
    private readonly perMinute: number,
    private readonly isFree = (_: string) => false,
  ) {}

  readonly pace = {
    now: () => this.clock,
    wait: (ms: number) => {
      this.clock += ms;
      return Promise.resolve();
    },
  };
  readonly vault = { call: (_: unknown, { body = '' }) => Promise.resolve(this.answer(body)) } as Vault;

  private answer(body: string): never {
    const { tokens } = JSON.parse(body) as { tokens: string[] };
    this.sizes.push(tokens.length);
    const minute = Math.floor(this.clock / MINUTE);
    const used = (this.#used.get(minute) ?? 0) + tokens.filter((one) => !this.isFree(one)).length;
    this.#used.set(minute, used);
    const tell = (one: string) =>
      used <= this.perMinute || this.isFree(one)
        ? { field: 'email', value: one }
        : { code: 'request.rate_limited' };
    return { results: tokens.map(tell) } as never;
  }
}

const wish = { purpose: 'delivery', reason: { code: 'order', reference: 'ORDER-7' } } as never;
const names = (count: number, of = 't') => Array.from({ length: count }, (_, n) => `${of}${n}` as HeldToken);
const valuesOf = (tokens: readonly unknown[]) => tokens.map((value) => ({ field: 'email', value }));

describe('many tokens', () => {
  it('are asked for in calls that the vault takes', async () => {
    const free = new Limited(Infinity);
    const reveals = new TokenReveals(free.vault, wish, free.pace);
    const tokens = names(12_500);
    expect(await reveals.reveal(tokens)).toEqual(valuesOf(tokens));
    expect(free.sizes).toEqual([10_000, 2_500]);
    free.sizes.length = 0;
    const long = Array.from({ length: 1_000 }, () => ({ token: 'x'.repeat(4_000), field: 'email' }));
    await reveals.reveal(long);
    expect(free.sizes).toEqual([780, 220]);
    expect(await reveals.reveal([])).toEqual([]);
  });

  it('come to their end under an allowance that is smaller than a call, once a minute', async () => {
    const limited = new Limited(100);
    const tokens = names(500);
    const reveals = new TokenReveals(limited.vault, wish, limited.pace);
    expect(await reveals.reveal(tokens)).toEqual(valuesOf(tokens));
    // Halved until it fits; from then on no more than one call that doesn't fit in a minute, and no smaller ones.
    expect(limited.sizes.slice(0, 8)).toEqual([500, 250, 125, 62, 62, 62, 62, 62]);
    expect(limited.sizes.length).toBeLessThan(25);
    expect(limited.clock).toBeLessThan(13 * MINUTE);
  });

  it('that no policy counts aren’t waited with for those that one does', async () => {
    const limited = new Limited(10, (one) => one.startsWith('free'));
    const tokens = [...names(40), ...names(40, 'free')];
    const reveals = new TokenReveals(limited.vault, wish, limited.pace);
    expect(await reveals.reveal(tokens)).toEqual(valuesOf(tokens));
  });

  it('aren’t waited for forever', async () => {
    const none = new Limited(0);
    const reveals = new TokenReveals(none.vault, wish, none.pace);
    await expect(reveals.reveal(names(8))).rejects.toThrow('let nothing through for half an hour');
    expect(none.sizes.length).toBeLessThan(34);
    expect(none.sizes.at(-1)).toBe(1);
  });
});
