import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestApi } from '../../api.fixture.js';

const WRITERS = 16;
const WITHDRAWALS = 6;
/** Each writer may be at an effect when a withdrawal is asked for, and have asked for the next one just before. */
const MOST_BEFORE = 2 * WRITERS;
const GIVE_UP = 10 * MOST_BEFORE;

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.open(undefined, WRITERS + 4);
});
afterAll(() => api.close());

it('a withdrawal waits for the effects that were there before it, however many keep coming', async () => {
  const { gate, pseudonym } = await api.openGate('ingest');
  const { unitOfWork, gates } = api;
  let effects = 0;
  let isOver = false;
  const write = async () => {
    while (!isOver)
      await unitOfWork.run(async (tx) => {
        if (!(await gates.lockOpen(tx, pseudonym, 'ingest'))) return;
        await tx.query('SELECT pg_sleep(0.005)');
        effects++;
        if (effects > GIVE_UP * WITHDRAWALS) isOver = true;
      });
  };
  const writers = Promise.all(Array.from({ length: WRITERS }, write));
  const between: number[] = [];
  for (let epoch = 2; epoch < 2 + 2 * WITHDRAWALS; epoch += 2) {
    for (const before = effects; effects < before + WRITERS && !isOver; ) await api.query('SELECT 1');
    const asked = effects;
    await unitOfWork.run(async (tx) => {
      await gates.lock(tx, gate);
      between.push(effects - asked);
      await gates.freeze(tx, gate, epoch, 30);
    });
    await unitOfWork.run((tx) => gates.reopen(tx, gate, epoch + 1));
    await unitOfWork.run((tx) => gates.open(tx, gate, epoch + 1, { pseudonym, subject: null, days: 30 }));
  }
  isOver = true;
  await writers;
  expect(between.filter((count) => count > MOST_BEFORE)).toEqual([]);
});
