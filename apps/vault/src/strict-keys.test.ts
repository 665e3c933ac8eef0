import { setTimeout as sleep } from 'node:timers/promises';
import { context, randomKey, SealBroken, seal } from '@integument/crypto';
import { NotReady, whenReady } from '@integument/database';
import { describe, expect, it } from 'vitest';
import { type KekKeyring, KeyringUnavailable, type Placed } from './features/keyring/index.js';
import { TransitKey } from './features/keyring/transit-key.fixture.js';
import { isStrict, StrictKeys } from './features/keys/strict-keys.js';
import { KEK_PLACE } from './features/keys/warm-keks.js';

/** The key of the stand-in without its server. */
class Kept implements KekKeyring {
  readonly wrapped: number[] = [];
  readonly opened: number[] = [];
  away = false;
  /** what was handed out, to see that it is wiped */
  readonly keks: Buffer[] = [];
  readonly #key = new TransitKey(true);

  wrap(keys: readonly Placed[]): Promise<Buffer[]> {
    if (this.away) return Promise.reject(new KeyringUnavailable('unreachable'));
    this.wrapped.push(keys.length);
    return Promise.resolve(keys.map(({ bytes, place }) => Buffer.from(this.#key.encrypt(bytes, place))));
  }

  unwrapEach(wrapped: readonly Placed[]): Promise<(Buffer | null)[]> {
    if (this.away) return Promise.reject(new KeyringUnavailable('unreachable'));
    this.opened.push(wrapped.length);
    const opened = wrapped.map(({ bytes, place }) => this.#key.decrypt(bytes.toString('latin1'), place));
    this.keks.push(...opened);
    return Promise.resolve(opened);
  }
}

const PLACE = context('data_key', 'person', Buffer.alloc(16, 1));
const DOMAIN = randomKey();
const WHOLE = Buffer.from('a key, and what is beside it');

function stage({ pool = 4, makes = true, forMs = 60_000 } = {}) {
  const keyring = new Kept();
  const clock = { now: 1 };
  const keys = new StrictKeys(keyring, { makes, forMs, pool, now: () => clock.now });
  return { keyring, clock, keys, sealed: () => whenReady(() => keys.seal(DOMAIN, WHOLE, PLACE)) };
}

describe('a data key in strict mode', () => {
  it('is opened with the domain key and the KEK, and by neither alone', async () => {
    const { keys, sealed } = stage();
    const stored = await sealed();
    expect(isStrict(stored)).toBe(true);
    const opened = (key: Buffer, bytes = stored, place = PLACE) =>
      whenReady(() => keys.open(key, bytes, place));
    expect(await opened(DOMAIN)).toEqual(WHOLE);
    await expect(opened(randomKey())).rejects.toThrow(SealBroken);
    await expect(opened(DOMAIN, stored, context('data_key', 'person', Buffer.alloc(16, 2)))).rejects.toThrow(
      SealBroken,
    );
    const other = await sealed();
    const end = 3 + other.readUInt16BE(1);
    const mixed = Buffer.concat([other.subarray(0, end), stored.subarray(end)]);
    await expect(opened(DOMAIN, mixed)).rejects.toThrow(SealBroken);
    // What is under the domain key alone has another format.
    expect(isStrict(seal(DOMAIN, WHOLE, PLACE))).toBe(false);
  });

  it('does not open under another KEK, nor under its own wrapped once more', async () => {
    const { keys, keyring, sealed } = stage();
    const stored = await sealed();
    const honest = keyring.unwrapEach.bind(keyring);
    keyring.unwrapEach = (all) => Promise.resolve(all.map(() => randomKey()));
    await expect(whenReady(() => keys.open(DOMAIN, stored, PLACE))).rejects.toThrow(SealBroken);
    keyring.unwrapEach = honest;
    const end = 3 + stored.readUInt16BE(1);
    const [kek] = await keyring.unwrapEach([{ bytes: stored.subarray(3, end), place: KEK_PLACE }]);
    if (!kek) throw new Error('there is none');
    const [again = kek] = await keyring.wrap([{ bytes: kek, place: KEK_PLACE }]);
    const moved = Buffer.concat([stored.subarray(0, 3), again, stored.subarray(end)]);
    await expect(whenReady(() => keys.open(DOMAIN, moved, PLACE))).rejects.toThrow(SealBroken);
  });

  it('is refused without asking for anything where it is cut', async () => {
    const { keys, keyring } = stage();
    keys.demand([Buffer.from([2]), Buffer.from([2, 0]), Buffer.from([2, 0, 9, 1])]);
    for (const bytes of [Buffer.from([2]), Buffer.from([2, 0, 9, 1])])
      expect(() => keys.open(DOMAIN, bytes, PLACE)).toThrow(SealBroken);
    await Promise.resolve();
    expect(keyring.opened).toEqual([]);
  });
});

describe('KEKs that are warm', () => {
  it('are wiped when their time is over, whether they are used or not', async () => {
    const { keys, keyring, clock, sealed } = stage({ forMs: 50 });
    const stored = await sealed();
    await whenReady(() => keys.open(DOMAIN, stored, PLACE));
    const kek = keyring.keks.at(-1);
    expect(kek?.equals(Buffer.alloc(32))).toBe(false);
    clock.now += 51;
    // By its own timer, though nobody asks.
    await sleep(60);
    expect(kek?.equals(Buffer.alloc(32))).toBe(true);
    expect(() => keys.open(DOMAIN, stored, PLACE)).toThrow(NotReady);
  });

  it('are not prolonged by being used', async () => {
    const { keys, clock, sealed } = stage();
    const stored = await sealed();
    await whenReady(() => keys.open(DOMAIN, stored, PLACE));
    for (let second = 0; second < 6; second++) {
      keys.open(DOMAIN, stored, PLACE);
      clock.now += 10_000;
    }
    clock.now += 1;
    expect(() => keys.open(DOMAIN, stored, PLACE)).toThrow(NotReady);
  });

  it('are asked for a thousand at a time, each once', async () => {
    const { keys, keyring, sealed } = stage({ pool: 2_500 });
    const stored = await Promise.all(Array.from({ length: 2_500 }, sealed));
    const before = keyring.opened.length;
    await whenReady(() => {
      keys.demand([...stored, ...stored.slice(0, 10)]);
    });
    // Besides, the pool is filled up again, and what is in it is tried.
    expect(keyring.opened.slice(before, before + 3)).toEqual([1_000, 1_000, 500]);
    const asked = keyring.opened.length;
    for (const one of stored) keys.open(DOMAIN, one, PLACE);
    expect(keyring.opened.length).toBe(asked);
  });

  it('are not asked for again and again where the keyring is away', async () => {
    const { keys, keyring, clock, sealed } = stage();
    const stored = await sealed();
    keyring.away = true;
    const unavailable = { code: 'keyring.unavailable', cause: { code: 'keyring.unreachable' } };
    const opening = () => whenReady(() => keys.open(DOMAIN, stored, PLACE));
    await expect(opening()).rejects.toMatchObject(unavailable);
    keyring.away = false;
    await expect(opening()).rejects.toMatchObject(unavailable);
    clock.now += 1_000;
    expect(await opening()).toEqual(WHOLE);
  });
});

describe('KEKs that are wrapped ahead', () => {
  it('are used for one key each, and wiped', async () => {
    const { keys, sealed } = stage();
    const stored = [await sealed(), await sealed(), await sealed()];
    const keks = stored.map((one) => one.subarray(3, 3 + one.readUInt16BE(1)).toString());
    expect(new Set(keks).size).toBe(3);
    // Whoever has made a key asks for it like anybody else.
    for (const one of stored) expect(() => keys.open(DOMAIN, one, PLACE)).toThrow(NotReady);
  });

  it('are filled up in the background below half', async () => {
    const { keys, keyring } = stage({ pool: 10 });
    await keys.begin();
    for (let n = 0; n < 5; n++) keys.seal(DOMAIN, WHOLE, PLACE);
    expect(keyring.wrapped).toEqual([10]);
    keys.seal(DOMAIN, WHOLE, PLACE);
    await sleep(1);
    expect(keyring.wrapped).toEqual([10, 6]);
  });

  it('are as many as all who wait for some need together', async () => {
    const { keys, keyring } = stage({ pool: 10 });
    const taking = (count: number) =>
      whenReady(() => {
        keys.demandMinted(count);
        return Array.from({ length: count }, () => keys.seal(DOMAIN, WHOLE, PLACE)).length;
      });
    expect(await Promise.all([taking(300), taking(1_200), taking(40)])).toEqual([300, 1_200, 40]);
    expect(keyring.wrapped.reduce((sum, one) => sum + one)).toBeLessThan(2_000);
    expect(Math.max(...keyring.wrapped)).toBeLessThanOrEqual(1_000);
  });

  it('do not wait for their use for longer than an hour', async () => {
    const { keys, keyring, clock } = stage({ pool: 10 });
    await keys.begin();
    clock.now += 3_600_000;
    keys.demandMinted(10);
    clock.now += 1;
    expect(() => keys.demandMinted(1)).toThrow(NotReady);
    expect(() => keys.seal(DOMAIN, WHOLE, PLACE)).toThrow(NotReady);
    await sleep(1);
    expect(keyring.wrapped).toEqual([10, 10]);
    keys.demandMinted(10);
  });

  it('are none where the keyring opens another key than it was given', async () => {
    const { keyring, sealed } = stage();
    keyring.unwrapEach = (all) => Promise.resolve(all.map(() => randomKey()));
    await expect(sealed()).rejects.toMatchObject({
      code: 'keyring.unavailable',
      cause: { code: 'keyring.refused' },
    });
  });

  it('are none on the way out', async () => {
    const { keys, keyring } = stage({ makes: false });
    await keys.begin();
    keys.demandMinted(1_000);
    expect(keyring.wrapped).toEqual([]);
  });
});
