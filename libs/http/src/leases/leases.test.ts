import { person } from '@integument/authz';
import { describe, expect, test } from 'vitest';
import { type Clocks, type Lease, SESSION_LEASE_MS } from './lease.js';
import { Leases, type LeasesOptions } from './leases.js';

const anna = person({ id: 'anna', session: 's' });

class Watch implements Clocks {
  #steady = 1_000;
  #wall = 1_770_000_000_000;
  readonly steady = () => this.#steady;
  readonly wall = () => this.#wall;

  pass(ms: number): void {
    this.#steady += ms;
    this.#wall += ms;
  }

  set(ms: number): void {
    this.#wall += ms;
  }
}

/** A database whose answers come when the test says so. */
function slowLook() {
  const answers: (() => void)[] = [];
  let asked = 0;
  const look = (_: string, lease: Lease<typeof anna>) => {
    asked++;
    lease.begin();
    return new Promise<typeof anna>((resolve) => answers.push(() => resolve(anna)));
  };
  return { look, answer: () => answers.shift()?.(), asked: () => asked };
}

type Look = LeasesOptions<typeof anna>['look'];
const of = (look: Look, clocks: Clocks, more: { keepsNothing?: true } = {}) =>
  new Leases({ look, clocks, ms: SESSION_LEASE_MS, code: 'sessions.unavailable', ...more });

async function leased(watch = new Watch()) {
  const leases = of((_, lease) => {
    lease.begin();
    return Promise.resolve(anna);
  }, watch);
  return { watch, leases, lease: await leases.ask('secret') };
}

describe('what was read', () => {
  test('is believed for a lease and no longer', async () => {
    const { watch, leases, lease } = await leased();
    expect(leases.get('secret')?.found).toBe(anna);
    watch.pass(SESSION_LEASE_MS - 1);
    expect(leases.get('secret')).toBe(lease);
    watch.pass(1);
    expect([leases.get('secret'), lease.holds()]).toEqual([null, false]);
  });

  test('counts from before it was asked for, not from when the answer came', async () => {
    const watch = new Watch();
    const { look, answer } = slowLook();
    const leases = of(look, watch);
    const asked = leases.ask('secret');
    watch.pass(SESSION_LEASE_MS - 1);
    answer();
    const lease = await asked;
    expect(lease.holds()).toBe(true);
    watch.pass(1);
    expect(lease.holds()).toBe(false);
  });

  test('does not count what it waited for a connection', async () => {
    const watch = new Watch();
    const leases = of((_, lease) => {
      watch.pass(10 * SESSION_LEASE_MS);
      lease.begin();
      return Promise.resolve(anna);
    }, watch);
    expect((await leases.ask('secret')).holds()).toBe(true);
  });

  test('is not believed by a machine that slept, nor by one whose clock was set', async () => {
    for (const ms of [SESSION_LEASE_MS, 3_600_000, -1, -3_600_000]) {
      const { watch, leases } = await leased();
      watch.set(ms);
      expect([ms, leases.get('secret')]).toEqual([ms, null]);
    }
  });

  test('is asked for once by all who come meanwhile, and again by who comes after', async () => {
    const watch = new Watch();
    const { look, answer, asked } = slowLook();
    const leases = of(look, watch);
    const all = Array.from({ length: 5 }, () => leases.ask('secret'));
    answer();
    await Promise.all(all);
    expect(asked()).toBe(1);
    watch.pass(SESSION_LEASE_MS);
    const again = leases.ask('secret');
    answer();
    await again;
    expect(asked()).toBe(2);
  });

  test('of nobody is not kept', async () => {
    let asked = 0;
    const leases = of(() => {
      asked++;
      return Promise.resolve(null);
    }, new Watch());
    for (let n = 0; n < 3; n++) expect((await leases.ask('secret')).found).toBeNull();
    expect([asked, leases.get('secret')]).toEqual([3, null]);
  });

  test('is of this secret alone', async () => {
    const { leases } = await leased();
    expect(leases.get('secret2')).toBeNull();
  });

  test('leaves memory with the second lease after it', async () => {
    const { watch, leases } = await leased();
    for (const other of ['a', 'b']) {
      watch.pass(SESSION_LEASE_MS);
      await leases.ask(other);
    }
    watch.pass(-2 * SESSION_LEASE_MS);
    expect(leases.get('secret')).toBeNull();
  });

  test('may end before the lease would, and is not believed beyond that', async () => {
    const watch = new Watch();
    const leases = of((_, lease) => {
      lease.begin();
      lease.atMost(40);
      return Promise.resolve(anna);
    }, watch);
    const lease = await leases.ask('secret');
    watch.pass(39);
    expect(leases.get('secret')).toBe(lease);
    watch.pass(1);
    expect([leases.get('secret'), lease.holds()]).toEqual([null, false]);
  });

  test('can be that there is nothing, which then is asked for once within a lease', async () => {
    const watch = new Watch();
    let asked = 0;
    const nothing = () => {
      asked++;
      return Promise.resolve(null);
    };
    const leases = of(nothing, watch, { keepsNothing: true });
    for (let n = 0; n < 3; n++) expect((await leases.hold('secret')).found).toBeNull();
    expect(asked).toBe(1);
    watch.pass(SESSION_LEASE_MS);
    await leases.hold('secret');
    expect(asked).toBe(2);
  });

  test('is refused, and not believed, where each answer comes too late', async () => {
    const watch = new Watch();
    const leases = of((_, lease) => {
      lease.begin();
      watch.pass(SESSION_LEASE_MS);
      return Promise.resolve(anna);
    }, watch);
    await expect(leases.hold('secret')).rejects.toMatchObject({ status: 503, code: 'sessions.unavailable' });
  });
});
