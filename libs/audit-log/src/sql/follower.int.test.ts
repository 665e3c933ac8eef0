import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Follower, type FollowerOptions } from './follower.js';
import { forgetFollower } from './forget-follower.js';
import { TestLog } from './log.fixture.js';

let log: TestLog;
beforeAll(async () => {
  log = await TestLog.open();
});
afterAll(() => log.drop());
beforeEach(() => log.reset());

function follower(follow: FollowerOptions['follow'], options: Partial<FollowerOptions> = {}): Follower {
  const onError = (error: unknown) => {
    throw error;
  };
  return new Follower({
    unitOfWork: log.unitOfWork,
    name: 'test',
    begin: 'first',
    onError,
    follow,
    ...options,
  });
}

async function grow(...numbers: number[]): Promise<void> {
  await log.append(...numbers);
  await log.integrator().integrate();
}

const position = async () =>
  (await Follower.states(log.unitOfWork)).find(({ name }) => name === 'test')?.position;

describe('a follower', () => {
  it('goes through every entry once, in steps of its own choice, and remembers how far it came', async () => {
    await grow(0, 1, 2, 3, 4);
    const runs: string[] = [];
    const follow: FollowerOptions['follow'] = ({ from, size }) => {
      const to = Math.min(from + 2, size);
      runs.push(`${from}-${to}`);
      return Promise.resolve(to);
    };
    await follower(follow).catchUp();
    await follower(follow).catchUp();
    await grow(5);
    await follower(follow, { leaseMs: 1 }).catchUp();
    expect(runs).toEqual(['0-2', '2-4', '4-5']);
    expect(await position()).toBe(5);
  });

  it('begins behind the last entry where it was told to', async () => {
    await grow(0, 1);
    const seen: number[] = [];
    const note: FollowerOptions['follow'] = ({ from, size }) => {
      seen.push(from);
      return Promise.resolve(size);
    };
    const one = follower(note, { begin: 'last' });
    await one.catchUp();
    await grow(2);
    await one.catchUp();
    expect(seen).toEqual([2]);
  });

  it('begins anew where it is forgotten while it runs', async () => {
    await grow(0, 1);
    const one = follower(({ size }) => Promise.resolve(size));
    await one.catchUp();
    const forget = () =>
      forgetFollower({ unitOfWork: log.unitOfWork, name: 'test', actor: { kind: 'system', id: 'test' } });
    await expect(forget()).rejects.toMatchObject({ code: 'audit.follower_held' });
    await one.stop();
    await log.unitOfWork.single((tx) => tx.query('UPDATE audit_follower SET holder = NULL'));
    expect(await forget()).toBe(2);
    expect(await position()).toBeUndefined();
    await one.catchUp();
    expect(await position()).toBe(2);
  });

  it('stays where it was when its work fails, says since when, and comes back', async () => {
    await grow(0);
    let away = true;
    const one = follower(({ size }) => (away ? Promise.reject(new Error('away')) : Promise.resolve(size)));
    await expect(one.catchUp()).rejects.toThrow('away');
    const [failing] = await Follower.states(log.unitOfWork);
    expect(failing).toMatchObject({ position: 0, failures: 1 });
    expect(failing?.failingSince).toBeInstanceOf(Date);
    away = false;
    await one.catchUp();
    const [well] = await Follower.states(log.unitOfWork);
    expect(well).toMatchObject({ position: 1, failures: 0, failingSince: null });
  });

  it('leaves the work to whoever holds the lease, and takes over when that one is gone', async () => {
    await grow(0);
    let inside = 0;
    let most = 0;
    const busy: FollowerOptions['follow'] = async ({ size }) => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setTimeout(resolve, 50));
      inside -= 1;
      return size;
    };
    await Promise.all([follower(busy).catchUp(), follower(busy).catchUp()]);
    expect(most).toBe(1);
    await grow(1);
    const gone = follower(() => new Promise(() => undefined), { leaseMs: 100_000 });
    // Its lease is from the first one above, which never said that it ended.
    await gone.catchUp();
    expect(await position()).toBe(1);
    await log.unitOfWork.single((tx) =>
      tx.query("UPDATE audit_follower SET leased_until = now() - interval '1 s'"),
    );
    await follower(busy).catchUp();
    expect(await position()).toBe(2);
  });

  it('does not undo the work of the next one after its lease has run out', async () => {
    await grow(0, 1, 2);
    let release = () => {};
    let enter = () => {};
    const entered = new Promise<void>((resolve) => {
      enter = resolve;
    });
    const slow = follower(
      async () => {
        const released = new Promise<void>((resolve) => {
          release = resolve;
        });
        enter();
        await released;
        return 1;
      },
      { leaseMs: 60_000 },
    );
    const late = slow.catchUp();
    await entered;
    await log.unitOfWork.single((tx) =>
      tx.query("UPDATE audit_follower SET leased_until = now() - interval '1 s'"),
    );
    await follower(({ size }) => Promise.resolve(size)).catchUp();
    release();
    await late;
    expect(await position()).toBe(3);
  });
});
