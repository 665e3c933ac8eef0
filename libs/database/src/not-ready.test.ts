import { describe, expect, it } from 'vitest';
import { NotReady, whenReady } from './not-ready.js';

const otherwise = () => new Error('never came');

describe('work that needs what is not here yet', () => {
  it('is run again once that is ready, and not before', async () => {
    const order: string[] = [];
    let here = false;
    const result = await whenReady(() => {
      order.push('work');
      if (here) return 'done';
      throw new NotReady(async () => {
        await Promise.resolve();
        here = true;
        order.push('ready');
      }, otherwise);
    });
    expect(result).toBe('done');
    expect(order).toEqual(['work', 'ready', 'work']);
  });

  it('is given up after a few times, and so is what never comes', async () => {
    let runs = 0;
    const work = whenReady(() => {
      runs++;
      throw new NotReady(() => Promise.resolve(), otherwise);
    });
    await expect(work).rejects.toThrow('never came');
    expect(runs).toBeGreaterThan(1);
    expect(runs).toBeLessThan(10);
    const failing = whenReady(() => {
      throw new NotReady(() => Promise.reject(new Error('went away')), otherwise);
    });
    await expect(failing).rejects.toThrow('went away');
  });

  it('is not run again for any other failure', async () => {
    let runs = 0;
    const failure = new Error('wrong');
    const work = whenReady(() => {
      runs++;
      throw failure;
    });
    await expect(work).rejects.toBe(failure);
    expect(runs).toBe(1);
  });
});
