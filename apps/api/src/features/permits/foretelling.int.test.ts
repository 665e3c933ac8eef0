import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestApi } from '../../api.fixture.js';

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.open();
});
afterAll(() => api.close());

describe('what was foretold', () => {
  it('is noted of gates in the order of their names, as everybody holds many', async () => {
    const made = await Promise.all([api.openGate('analytics'), api.openGate('analytics')]);
    const [low, high] = made.map(({ gate }) => gate).sort((one, other) => one.compare(other));
    // As they lie, and as they are given, the other way round.
    await api.query('UPDATE permit_gate SET changed_on = changed_on WHERE gate_id = $1', [low]);
    const days = await api.query<{ on_day: string }>(
      'SELECT ends_on::text AS on_day FROM permit_gate LIMIT 1',
    );
    const gates = [high, low].map((gate_id) => ({
      gate_id: gate_id as Buffer,
      on_day: days[0]?.on_day ?? '',
    }));
    let marked: Promise<void> | undefined;
    await api.unitOfWork.run(async (tx) => {
      await tx.query('SELECT FROM permit_gate WHERE gate_id = $1 FOR UPDATE', [low]);
      marked = api.unitOfWork.run((other) => api.gates.markForetold(other, 'ends_on', 30, gates));
      await expect.poll(waiting).toBe(1);
      // Who waits for the first one has nothing that a count, which goes by the same order, would wait for.
      await tx.query('SELECT FROM permit_gate WHERE gate_id = $1 FOR UPDATE NOWAIT', [high]);
    });
    await marked;
    expect(await api.query('SELECT foretold FROM permit_gate')).toEqual([{ foretold: 30 }, { foretold: 30 }]);
  });
});

async function waiting(): Promise<number> {
  const rows = await api.query(
    `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
  );
  return rows.length;
}
