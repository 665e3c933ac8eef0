import { describe, expect, it } from 'vitest';
import type { FoundEntry } from './found-entry.js';
import { merged } from './merged.js';

const found = (log: string, position: number, at: number): FoundEntry => ({ log, position, at, text: '{}' });

/** A log of pieces of entries at these times; says how many pieces were taken. */
function logOf(log: string, ...pieces: number[][]) {
  const all = pieces.flat();
  const state = { taken: 0 };
  async function* entries() {
    let position = 0;
    for (const piece of pieces) {
      state.taken += 1;
      yield await Promise.resolve(piece.map(() => found(log, position, all[position++] as number)));
    }
  }
  return Object.assign(entries(), { state });
}

async function places(...logs: AsyncIterator<readonly FoundEntry[]>[]): Promise<string> {
  const all: string[] = [];
  for await (const entries of merged(logs))
    all.push(...entries.map(({ log, position }) => `${log}${position}`));
  return all.join(' ');
}

describe('merged entries', () => {
  it('are in order of time, however they come in pieces', async () => {
    expect(await places(logOf('a', [1, 4], [], [5], [9]), logOf('b', [2], [3, 6, 7]))).toBe(
      'a0 b0 b1 a1 a2 b2 b3 a3',
    );
  });

  it('of the same time are those of the log named first, then by position', async () => {
    const logs = () => [logOf('a', [1, 2], [2, 2]), logOf('b', [1, 1, 2])] as const;
    expect(await places(...logs())).toBe('a0 b0 b1 a1 a2 a3 b2');
    expect(await places(...[...logs()].reverse())).toBe('b0 b1 a0 b2 a1 a2 a3');
  });

  it('may be of one log, of none, or of empty ones', async () => {
    expect(await places(logOf('a', [1], [2]))).toBe('a0 a1');
    expect(await places()).toBe('');
    expect(await places(logOf('a'), logOf('b', [], []), logOf('c', [1]))).toBe('c0');
  });

  it('are the same as sorting all at once', async () => {
    const times = (seed: number) => Array.from({ length: 300 }, (_, n) => Math.floor((n * seed) / 7));
    const cut = (all: number[], width: number) =>
      Array.from({ length: Math.ceil(all.length / width) }, (_, n) => all.slice(n * width, (n + 1) * width));
    const logs = [3, 5, 2].map((seed) => ['abc'[seed % 3] as string, times(seed), seed * 4] as const);
    const sorted = logs
      .flatMap(([log, all], order) =>
        all.map((at, position) => ({ at, order, position, name: `${log}${position}` })),
      )
      .sort((x, y) => x.at - y.at || x.order - y.order || x.position - y.position);
    const streams = logs.map(([log, all, width]) => logOf(log, ...cut(all, width)));
    expect(await places(...streams)).toBe(sorted.map(({ name }) => name).join(' '));
  });

  it('take of no log more than the piece whose entries are due, and hold nothing back while one is slow', async () => {
    const fast = logOf('a', [1, 2], [3, 4], [5, 6], [7, 8]);
    let come: (entries: readonly FoundEntry[]) => void = () => undefined;
    async function* slow() {
      yield [found('b', 0, 4)];
      yield await new Promise<readonly FoundEntry[]>((resolve) => {
        come = resolve;
      });
    }
    const all = merged([fast, slow()]);
    const got: string[] = [];
    // Until b's next must be waited for, everything before it is handed out, and of a one piece taken that is not yet due.
    while (got.length < 5) {
      const { value = [] } = (await all.next()) as { value?: readonly FoundEntry[] };
      got.push(...value.map(({ log, position }) => `${log}${position}`));
    }
    expect(got).toEqual(['a0', 'a1', 'a2', 'a3', 'b0']);
    const waiting = all.next();
    await new Promise((resolve) => setImmediate(resolve));
    expect(fast.state.taken).toBe(3);
    come([found('b', 1, 6)]);
    expect(
      ((await waiting).value as readonly FoundEntry[]).map(({ log, position }) => log + position),
    ).toEqual(['a4', 'a5']);
  });

  it('end with the failure of a log, behind what was before it', async () => {
    async function* failing() {
      yield [found('b', 0, 2)];
      await Promise.reject(new Error('gone'));
    }
    const got: number[] = [];
    const reading = (async () => {
      for await (const entries of merged([logOf('a', [1, 3, 4]), failing()]))
        got.push(...entries.map(({ at }) => at));
    })();
    await expect(reading).rejects.toThrow('gone');
    expect(got).toEqual([1, 2]);
  });
});
