import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Frontier, generateNoteKey, verifyExport } from '../core/index.js';
import { NoCheckpointYet } from './audit-reader.js';
import { TestLog } from './log.fixture.js';

const COUNT = 2_500;
let log: TestLog;
beforeAll(async () => {
  log = await TestLog.open();
});
afterAll(() => log.drop());

describe('the reader', () => {
  it('exports nothing before anything was signed', async () => {
    await log.append(0);
    await expect(log.exported()).rejects.toThrow(NoCheckpointYet);
    expect(await log.reader.page({ after: null, limit: 10 })).toEqual({ entries: [], next: null });
  });

  it('pages through all entries once, in order', async () => {
    await log.append(...Array.from({ length: COUNT - 1 }, (_, n) => n + 1));
    await log.integrator({ batchSize: 700 }).integrate();
    const positions: number[] = [];
    for (let after: number | null = null, pages = 1; ; pages++) {
      const page = await log.reader.page({ after, limit: 1_250 });
      positions.push(...page.entries.map(({ position }) => position));
      after = page.next;
      if (after !== null) continue;
      // The last page is full, and still known to be the last.
      expect(pages).toBe(2);
      break;
    }
    expect(positions).toEqual(Array.from({ length: COUNT }, (_, n) => n));
  });

  it('shows an entry as it was written', async () => {
    const { entries } = await log.reader.page({ after: 41, limit: 1 });
    expect(entries).toEqual([
      {
        position: 42,
        entry: {
          v: 1,
          at: log.clock.now().toISOString(),
          action: 'tests.count',
          outcome: 'done',
          actor: { kind: 'system', id: 'test' },
          details: { n: 42 },
        },
      },
    ]);
  });

  it('exports a log of several runs with all its checkpoints', async () => {
    expect(await log.verify()).toMatchObject({ ok: true, size: COUNT, checkpoints: 4 });
    const lines = (await log.exported()).split('\n');
    expect(lines).toHaveLength(1 + COUNT + 4 + 1);
    expect(lines[0]).toBe(
      `{"type":"integument-audit-export","version":1,"origin":"test.example/audit","size":${COUNT}}`,
    );
  });

  it('exports what comes after an archive, which the verifier continues', async () => {
    const chunks = await chunksOf(log.reader.exportNdjson({ first: 1_000 }));
    expect(chunks[0]).toBe(
      `{"type":"integument-audit-export","version":1,"origin":"test.example/audit","first":1000,"size":${COUNT}}\n`,
    );
    const start = new Frontier();
    const rows = await log.unitOfWork.single((tx) => {
      return tx.query<{ leaf_hash: Buffer }>(
        'SELECT leaf_hash FROM audit_entry WHERE position < 1000 ORDER BY position',
      );
    });
    for (const row of rows) start.append(row.leaf_hash);
    const exported = [Buffer.from(chunks.join(''))];
    expect(await verifyExport(exported, log.vkey)).toMatchObject({ code: 'export.needs_archive' });
    // The checkpoint of 700 entries lies before; those of 1,400, 2,100 and 2,500 follow.
    expect(await verifyExport(exported, log.vkey, { start })).toMatchObject({
      ok: true,
      size: COUNT,
      checkpoints: 3,
    });
  });

  it('exports the newest checkpoint alone after an archive of everything, and nothing after a longer one', async () => {
    const chunks = await chunksOf(log.reader.exportNdjson({ first: COUNT }));
    expect(chunks.join('').trimEnd().split('\n')).toHaveLength(2);
    await expect(log.reader.exportNdjson({ first: COUNT + 1 }).next()).rejects.toThrow(RangeError);
  });

  it('names the keys that have signed so far, each with the checkpoint at which it follows the one before', async () => {
    const { vkey } = generateNoteKey('test.example/audit');
    const keys = [
      { vkey: log.vkey, from: 0 },
      { vkey, from: 1_400 },
      { vkey: generateNoteKey('test.example/audit').vkey, from: COUNT + 1 },
    ];
    const header = (await log.reader.exportNdjson({ keys }).next()).value as string;
    const [row] = await log.unitOfWork.single((tx) => {
      return tx.query<{ note: string }>('SELECT note FROM audit_checkpoint WHERE size = 1400');
    });
    expect(JSON.parse(header)).toMatchObject({ keys: [keys[0], { ...keys[1], note: row?.note }] });
    expect((JSON.parse(header) as { keys: unknown[] }).keys).toHaveLength(2);
    const single = (await log.reader.exportNdjson({ keys: keys.slice(0, 1) }).next()).value as string;
    expect(JSON.parse(single)).not.toHaveProperty('keys');
  });

  it('exports what the newest checkpoint covers while entries arrive', async () => {
    const stream = log.reader.exportNdjson();
    let text = (await stream.next()).value as string;
    await log.append(COUNT);
    await log.integrator().integrate();
    for await (const chunk of stream) text += chunk;
    expect(text).toContain(`"size":${COUNT}}`);
    expect(text.trimEnd().split('\n')).toHaveLength(1 + COUNT + 4);
    expect((await log.reader.findCheckpoint())?.size).toBe(COUNT + 1);
  });

  it('goes on over an entry that somebody destroyed', async () => {
    await log.tamper('UPDATE audit_entry SET entry = $1 WHERE position = 1', [Buffer.from('no json')]);
    const { entries } = await log.reader.page({ after: 0, limit: 2 });
    expect(entries.map(({ position, entry }) => [position, entry === null])).toEqual([
      [1, true],
      [2, false],
    ]);
  });
});

async function chunksOf(stream: AsyncIterable<string>): Promise<string[]> {
  const chunks: string[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}
