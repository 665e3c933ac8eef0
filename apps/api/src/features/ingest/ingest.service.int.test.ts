import { randomUUID } from 'node:crypto';
import { client } from '@integument/authz';
import { type Reading, readReadings } from '@integument/contracts';
import type { Tx } from '@integument/database';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestApi } from '../../api.fixture.js';
import type { Leave } from '../permits/index.js';

const DAY = 86_400_000;
const T = Date.UTC(2026, 5, 1);
const asker = {
  caller: client({ clientId: 'skin-app', use: 'health', purposes: ['ingest'] }),
  requestId: 'req-1',
};

let api: TestApi;
let gate: { gate: Buffer; pseudonym: Buffer };
let leave: Leave<'ingest'>;
beforeAll(async () => {
  api = await TestApi.open();
});
afterAll(() => api.close());
beforeEach(async () => {
  gate = await api.openGate('ingest');
  leave = await api.leaveFor(gate.pseudonym, 'ingest');
});

const twoDays: Reading[] = [
  [T + DAY, 2],
  [T, 1],
  [T + DAY + 1, -0.5],
];
const store = (
  readings: Reading[],
  batch: string = randomUUID(),
  stream: 'heart-rate' | 'acceleration' = 'heart-rate',
) => api.unitOfWork.run((tx) => api.ingest.storeBatch(tx, asker, leave, { batch, stream, readings }));
const read = (query: Record<string, unknown> = {}, under = leave) => {
  const parsed = readReadings.query?.parse({ stream: 'heart-rate', ...query });
  if (!parsed) throw new Error('reading has no query');
  return api.unitOfWork.run((tx) => api.ingest.read(tx, asker, under, parsed));
};
const rows = () => api.query('SELECT 1 FROM reading_chunk WHERE pseudonym = $1', [gate.pseudonym]);

describe('a batch of readings', () => {
  it('reads back in order of time, to the last bit, with its unit', async () => {
    expect(await store(twoDays)).toEqual({ stored: 3, duplicate: false });
    const { readings, unit, next } = await read();
    expect(readings).toEqual([...twoDays].sort(([a], [b]) => a - b));
    expect({ unit, next }).toEqual({ unit: '/min', next: null });
    expect((await read({ stream: 'acceleration' })).readings).toEqual([]);
  });

  it('comes out by its time, both ends included', async () => {
    await store(twoDays);
    expect((await read({ from: T + DAY, to: T + DAY })).readings).toEqual([[T + DAY, 2]]);
    expect((await read({ from: T + 1, to: T + DAY - 1 })).readings).toEqual([]);
  });

  it('sent twice is stored once, also at the same time', async () => {
    const batch = randomUUID();
    const outcomes = await Promise.allSettled(Array.from({ length: 12 }, () => store(twoDays, batch)));
    const stored = outcomes.flatMap((one) =>
      one.status === 'fulfilled' && !one.value.duplicate ? [one] : [],
    );
    expect(stored).toHaveLength(1);
    expect(await store(twoDays, batch)).toEqual({ stored: 0, duplicate: true });
    expect(await rows()).toHaveLength(2);
    expect((await read()).readings).toHaveLength(3);
  });

  it('is written by one statement however many days it touches: a small body must not hold a connection for seconds', async () => {
    const readings = Array.from({ length: 500 }, (_, day): Reading => [T + day * DAY, day]);
    let statements = 0;
    await api.unitOfWork.run((tx) => {
      const counting: Tx = {
        query: (sql, values) => {
          statements += 1;
          return tx.query(sql, values);
        },
        send: (sql, values) => {
          statements += 1;
          tx.send(sql, values);
        },
      };
      return api.ingest.storeBatch(counting, asker, leave, {
        batch: randomUUID(),
        stream: 'heart-rate',
        readings,
      });
    });
    expect(statements).toBeLessThan(5);
    expect(await rows()).toHaveLength(500);
    expect((await read()).readings).toEqual(readings);
  });

  it('with the id of another one is refused and stores nothing', async () => {
    const batch = randomUUID();
    await store(twoDays, batch);
    await expect(store([[T, 9]], batch)).rejects.toMatchObject({ code: 'readings.batch_mismatch' });
    await expect(store([...twoDays, [T + 5 * DAY, 9]], batch)).rejects.toMatchObject({ status: 409 });
    expect(await rows()).toHaveLength(2);
  });

  it('is all there or not at all: nothing is stored if its audit entry cannot be', async () => {
    await api.query(
      'ALTER TABLE audit_staging ADD CONSTRAINT full_disk CHECK (octet_length(entry) = 1) NOT VALID',
    );
    await expect(store(twoDays)).rejects.toThrow('full_disk');
    await api.query('ALTER TABLE audit_staging DROP CONSTRAINT full_disk');
    expect(await rows()).toEqual([]);
  });

  it('leaves an entry that says how many and whose, and no value', async () => {
    await api.query('DELETE FROM audit_staging');
    await store([[T, 12_345.678]]);
    const [entry] = await api.entries();
    expect(entry).toMatchObject({ action: 'readings.store', purpose: 'ingest', count: 1 });
    expect(entry?.subject).toMatch(/^[\w-]{43}$/);
    expect(JSON.stringify(entry)).not.toContain('12345');
  });
});

describe('a stored chunk', () => {
  it('tells neither value, time of day nor batch id', async () => {
    const batch = randomUUID();
    await store([[T + 1, 1_234.5]], batch);
    const [row] = await api.query<{ text: string }>(
      'SELECT string_agg(r::text, $2) AS text FROM reading_chunk r WHERE pseudonym = $1',
      [gate.pseudonym, ' '],
    );
    const value = Buffer.alloc(8);
    value.writeDoubleLE(1_234.5);
    expect(row?.text).not.toContain(value.toString('hex'));
    expect(row?.text).not.toContain(batch.replaceAll('-', ''));
  });

  it('moved to another day, stream or person is refused', async () => {
    await store([[T, 1]]);
    const other = await api.openGate('ingest');
    const moves = ["on_day = '2026-06-02'", "stream = 'acceleration'"];
    for (const move of moves) {
      await api.query(`UPDATE reading_chunk SET ${move} WHERE pseudonym = $1`, [gate.pseudonym]);
      const stream = move.startsWith('stream') ? 'acceleration' : 'heart-rate';
      await expect(read({ stream }), move).rejects.toThrow('sealed value could not be opened');
      await api.query(
        "UPDATE reading_chunk SET on_day = '2026-06-01', stream = 'heart-rate' WHERE pseudonym = $1",
        [gate.pseudonym],
      );
    }
    expect((await read()).readings).toEqual([[T, 1]]);
    await api.query('UPDATE reading_chunk SET pseudonym = $2 WHERE pseudonym = $1', [
      gate.pseudonym,
      other.pseudonym,
    ]);
    // Under the same key, even: the place alone has to tell.
    await expect(read({}, await api.leaveFor(other.pseudonym, 'ingest'))).rejects.toThrow('sealed value');
  });

  it('cannot be read under another key', async () => {
    await store([[T, 1]]);
    const wrong = await api.leaveFor(gate.pseudonym, 'ingest', Buffer.alloc(32, 2));
    await expect(read({}, wrong)).rejects.toThrow('sealed value could not be opened');
  });
});
