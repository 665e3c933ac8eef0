/**
 * Random numbers that a seed repeats exactly, so that a failure found by chance can be looked at again.
 * Never for secrets. Source: Sebastiano Vigna's splitmix64, public domain.
 */
export class SeededRandom {
  #state: bigint;

  constructor(readonly seed: number) {
    this.#state = BigInt.asUintN(64, BigInt(seed));
  }

  /** an integer of 0 … 2⁶⁴-1 */
  uint64(): bigint {
    this.#state = BigInt.asUintN(64, this.#state + 0x9e3779b97f4a7c15n);
    let z = this.#state;
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return z ^ (z >> 31n);
  }

  /** a fraction in [0, 1) */
  fraction(): number {
    return Number(this.uint64() >> 11n) / 2 ** 53;
  }

  /** an integer of 0 … limit-1 */
  below(limit: number): number {
    return Math.floor(this.fraction() * limit);
  }

  /** true with the probability given */
  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  /** one of the list; throws on an empty one */
  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new RangeError('nothing to pick from');
    return list[this.below(list.length)] as T;
  }

  /** a shuffled copy (Fisher and Yates) */
  shuffle<T>(list: readonly T[]): T[] {
    const copy = [...list];
    for (let last = copy.length - 1; last > 0; last--) {
      const other = this.below(last + 1);
      [copy[last], copy[other]] = [copy[other] as T, copy[last] as T];
    }
    return copy;
  }

  bytes(length: number): Buffer {
    const bytes = Buffer.alloc(length);
    for (let at = 0; at < length; at++) bytes[at] = this.below(256);
    return bytes;
  }
}

/** The seed of a run: `SEED` in the environment repeats one, and a failing test prints the one it had. */
export function seededRandom(seed = Number(process.env.SEED ?? Date.now() % 1_000_000_007)): SeededRandom {
  return new SeededRandom(seed);
}
