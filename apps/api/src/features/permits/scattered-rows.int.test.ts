import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestApi } from '../../api.fixture.js';
import { ScatteredRows } from './scattered-rows.js';

let api: TestApi;
let rows: ScatteredRows;
beforeAll(async () => {
  api = await TestApi.open();
  rows = new ScatteredRows(api.unitOfWork);
});
afterAll(() => api.close());

const inOrder = (by: string) => api.query(`SELECT gate_id FROM permit_gate ORDER BY ${by}`);

it('lie in the order of their ids and are all there', async () => {
  for (let count = 0; count < 50; count++) await api.openGate('ingest');
  expect(await inOrder('ctid')).not.toEqual(await inOrder('gate_id'));
  expect(await rows.scatter()).toEqual([]);
  expect(await inOrder('ctid')).toEqual(await inOrder('gate_id'));
  expect(await inOrder('gate_id')).toHaveLength(50);
});

it('of a table that takes too long stay where they are, all of them', async () => {
  const before = await inOrder('ctid');
  expect(await new ScatteredRows(api.unitOfWork, 1).scatter()).toContain('permit_gate');
  expect(await inOrder('ctid')).toEqual(before);
});

it('of a table that somebody holds stay where they are, and nobody waits for long', async () => {
  const { pseudonym } = await api.openGate('ingest');
  await api.unitOfWork.run(async (tx) => {
    await api.gates.lockOpen(tx, pseudonym, 'ingest');
    expect(await rows.scatter()).toContain('permit_gate');
  });
  expect(await rows.scatter()).toEqual([]);
});
