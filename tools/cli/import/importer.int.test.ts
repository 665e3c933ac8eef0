import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Failure } from '../failure.js';
import { Interruption } from '../interruption.js';
import { QUIET } from '../progress.js';
import { readTokenWish } from '../token-wish.js';
import type { Vault } from '../vault-client.js';
import { type ImportJob, importFile } from './importer.js';
import { chunkKey, type ImportState } from './state.js';
import { TokenTarget } from './token-target.js';

const folder = mkdtempSync(join(tmpdir(), 'integument-importer-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function job(content: string, drop: readonly string[] = []): ImportJob {
  const file = join(folder, `${files++}.csv`);
  writeFileSync(file, content);
  const wishes = new Map([['mail', readTokenWish('field:email', 'mail')]]);
  return {
    ...{ file, format: 'csv', delimiter: ',', destination: 'here', acceptRepeat: false },
    ...{ target: new TokenTarget({ wishes, drop }), drop },
    ...{ out: `${file}.kept`, refused: `${file}.refused`, state: `${file}.state.json` },
  };
}

/** A vault that is away, until it is there. */
class Away {
  isThere = false;
  calls = 0;
  readonly vault = { call: (_: unknown, { body = '' }) => this.answer(body) } as Vault;

  private answer(body: string): Promise<never> {
    this.calls++;
    if (!this.isThere) return Promise.reject(new Failure('away'));
    const { values } = JSON.parse(body) as { values: unknown[] };
    return Promise.resolve({ results: values.map((_, at) => ({ token: `tok_${at}` })) } as never);
  }
}

const HOUR = 3_600_000;
const tools = ({ vault }: Away, hours: number) => ({
  ...{ vault, progress: QUIET, interruption: new Interruption() },
  now: () => new Date(Date.UTC(2026, 0, 1) + hours * HOUR),
});
const sending = ({ state }: ImportJob) =>
  (JSON.parse(readFileSync(state, 'utf8')) as { sending: string | null }).sending;

it('a chunk that was sent once is sent again for 23 hours, however often it was tried in between', async () => {
  const [work, away] = [job('mail\na@example.org\n'), new Away()];
  for (const hours of [0, 22]) await expect(importFile(work, tools(away, hours))).rejects.toThrow('away');
  expect(sending(work)).toBe('2026-01-01T00:00:00.000Z');
  away.isThere = true;
  await expect(importFile(work, tools(away, 40))).rejects.toThrow('more than a day ago');
  expect(away.calls).toBe(2);
  // With leave to repeat it, a new time begins.
  away.isThere = false;
  const again = { ...work, acceptRepeat: true };
  await expect(importFile(again, tools(away, 41))).rejects.toThrow('away');
  expect(sending(work)).toBe('2026-01-02T17:00:00.000Z');
  away.isThere = true;
  expect(await importFile(work, tools(away, 60))).toMatchObject({ kept: 1, finished: true });
  expect([away.calls, sending(work), existsSync(work.out)]).toEqual([4, null, true]);
});

describe('an import that goes on', () => {
  it('does so with the files that it was begun with, and cuts no others', async () => {
    const [work, away] = [job('mail\na@example.org\n'), new Away()];
    await expect(importFile(work, tools(away, 0))).rejects.toThrow('away');
    const other = join(folder, 'other');
    writeFileSync(other, 'of somebody else');
    for (const name of ['out', 'refused'] as const) {
      const again = importFile({ ...work, [name]: other }, tools(away, 1));
      await expect(again).rejects.toThrow('begun with another --out or --refused');
    }
    expect(readFileSync(other, 'utf8')).toBe('of somebody else');
    away.isThere = true;
    expect(await importFile(work, tools(away, 2))).toMatchObject({ kept: 1 });
    // Nor does one that is finished say that they are there.
    await expect(importFile({ ...work, out: other }, tools(away, 3))).rejects.toThrow('another --out');
  });
});

describe('the key of a chunk', () => {
  /** Answers a key that it has seen as it did then, as the vault does. */
  class Remembering {
    readonly #replies = new Map<string, unknown>();
    readonly vault = { call: (_: unknown, { idempotencyKey = '' }) => this.answer(idempotencyKey) } as Vault;

    get keys(): string[] {
      return [...this.#replies.keys()];
    }

    private answer(key: string): Promise<never> {
      const reply = this.#replies.get(key) ?? { results: [{ token: `tok_${this.#replies.size}` }] };
      this.#replies.set(key, reply);
      return Promise.resolve(reply as never);
    }
  }
  const run = (work: ImportJob, { vault }: Remembering) =>
    importFile(work, {
      vault,
      progress: QUIET,
      interruption: new Interruption(),
      now: () => new Date('2026-01-01'),
    });
  const stateOf = ({ state }: ImportJob) => JSON.parse(readFileSync(state, 'utf8')) as ImportState;

  it('is another for an import that is begun anew: what the first got may have been removed', async () => {
    const [work, remembering] = [job('mail\na@example.org\n'), new Remembering()];
    await run(work, remembering);
    const first = readFileSync(work.out, 'utf8');
    for (const path of [work.out, work.refused, work.state]) rmSync(path);
    await run(work, remembering);
    expect([readFileSync(work.out, 'utf8') === first, remembering.keys.length]).toEqual([false, 2]);
  });

  it('is the same for one that goes on: it stands in the state before anything is sent', async () => {
    const [work, away, remembering] = [job('mail\na@example.org\n'), new Away(), new Remembering()];
    await expect(importFile(work, tools(away, 0))).rejects.toThrow('away');
    const begun = stateOf(work);
    await run(work, remembering);
    expect(remembering.keys).toEqual([chunkKey(begun)]);
  });

  it.each([null, '2026-01-01T00:00:00.000Z'])(
    'is the one of before for a chunk that may be under way under it, and for no other: sent at %s',
    async (sending) => {
      const [work, away, remembering] = [job('mail\na@example.org\n'), new Away(), new Remembering()];
      await expect(importFile(work, tools(away, 0))).rejects.toThrow('away');
      const { run: _, ...state } = stateOf(work);
      writeFileSync(work.state, JSON.stringify({ ...state, version: 2, sending }));
      await run(work, remembering);
      const old = chunkKey({ ...state, run: null });
      expect(remembering.keys.includes(old)).toBe(sending !== null);
      expect(stateOf(work)).toMatchObject({ version: 3, finished: true, run: expect.any(String) as string });
    },
  );
});

it('a column that is to be dropped, and isn’t there, stops an import before anything is sent', async () => {
  const [work, away] = [job('mail,card\na@example.org,1\n', ['crad']), new Away()];
  await expect(importFile(work, tools(away, 0))).rejects.toThrow('there is no column “crad” in the file');
  expect([away.calls, existsSync(work.state)]).toEqual([0, false]);
});
