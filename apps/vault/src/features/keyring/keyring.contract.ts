import { randomBytes } from 'node:crypto';
import { context } from '@integument/crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KeyringRefused } from './keyring.errors.js';
import type { Keyring } from './keyring.js';

const PLACES = ['person', 'permit', 'index'].map((domain) => context('domain_key', domain, 1));

export interface KeyringUnderTest {
  readonly keyring: Keyring;
  /** the same keyring, as the next process opens it */
  readonly reopen: () => Promise<Keyring>;
  /** one of the same kind with another root key */
  readonly other: () => Promise<Keyring>;
  /** a new version of the root key, by whoever runs the keyring; none where there are no versions */
  readonly rotate?: () => Promise<void>;
  /** the least version that still unwraps */
  readonly setOldest?: (version: number) => Promise<void>;
  /** destroys all versions below one that is the oldest already; none where the keyring does so itself */
  readonly trim?: (version: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** What every keyring does. The port has no more to it: an adapter that passes can take another one's place. */
export function keyringContract(title: string, open: () => Promise<KeyringUnderTest>): void {
  describe(title, () => {
    let tried: KeyringUnderTest;
    beforeAll(async () => {
      tried = await open();
    });
    afterAll(() => tried.close());
    const fresh = () => PLACES.map((place) => ({ bytes: randomBytes(32), place }));
    const wrapAll = async (keys: ReturnType<typeof fresh>) => {
      const wrapped = await tried.keyring.wrap(keys);
      return wrapped.map((bytes, at) => ({ bytes, place: keys[at]?.place ?? Buffer.alloc(0) }));
    };

    it('unwraps what it wrapped, in order, also after a restart', async () => {
      const keys = fresh();
      const wrapped = await wrapAll(keys);
      expect(await tried.keyring.unwrap(wrapped)).toEqual(keys.map(({ bytes }) => bytes));
      expect(await (await tried.reopen()).unwrap(wrapped)).toEqual(keys.map(({ bytes }) => bytes));
      for (const { bytes } of wrapped) {
        for (const key of keys) expect(bytes.includes(key.bytes)).toBe(false);
      }
    });

    it('takes none, and answers none', async () => {
      expect(await tried.keyring.wrap([])).toEqual([]);
      expect(await tried.keyring.unwrap([])).toEqual([]);
      expect(await tried.keyring.rewrap([])).toEqual([]);
    });

    it.each(['unwrap', 'rewrap'] as const)('%s refuses all where one is at another’s place', async (what) => {
      const [one, two, three] = await wrapAll(fresh());
      if (!one || !two || !three) throw new Error('fewer than were wrapped');
      const moved = [one, { bytes: two.bytes, place: three.place }, three];
      await expect(tried.keyring[what](moved)).rejects.toThrow(KeyringRefused);
      await expect(tried.keyring[what]([{ ...one, place: two.place }])).rejects.toThrow(KeyringRefused);
    });

    it.each(['unwrap', 'rewrap'] as const)('%s refuses changed, cut and foreign bytes', async (what) => {
      const [one] = await wrapAll(fresh());
      if (!one) throw new Error('nothing was wrapped');
      const changed = Buffer.from(one.bytes);
      const at = changed.length - 8;
      changed[at] = changed[at] === 0x41 ? 0x42 : 0x41;
      for (const bytes of [changed, one.bytes.subarray(0, -8), Buffer.alloc(0), randomBytes(61)]) {
        await expect(tried.keyring[what]([{ ...one, bytes }])).rejects.toThrow(KeyringRefused);
      }
    });

    it('refuses what another root key wrapped', async () => {
      const wrapped = await wrapAll(fresh());
      await expect((await tried.other()).unwrap(wrapped)).rejects.toThrow(KeyringRefused);
    });

    it('rewraps into what unwraps to the same keys, at the same places', async () => {
      const keys = fresh();
      const wrapped = await wrapAll(keys);
      const again = await tried.keyring.rewrap(wrapped);
      const placed = wrapped.map(({ place }, at) => ({ bytes: again[at] ?? Buffer.alloc(0), place }));
      expect(await tried.keyring.unwrap(placed)).toEqual(keys.map(({ bytes }) => bytes));
      const [moved] = placed.map(({ bytes }) => ({ bytes, place: PLACES[1] ?? Buffer.alloc(0) }));
      if (!moved) throw new Error('nothing was rewrapped');
      await expect(tried.keyring.unwrap([moved])).rejects.toThrow(KeyringRefused);
    });

    it('says that it works', async () => {
      await expect(tried.keyring.check()).resolves.toBeUndefined();
    });

    it('knows the version that a key lies under, and refuses one below the least', async ({ skip }) => {
      const { keyring, rotate, setOldest } = tried;
      const before = await keyring.versions();
      const keys = fresh();
      const old = await wrapAll(keys);
      for (const { bytes } of old) expect(keyring.versionOf(bytes)).toBe(before.newest);
      if (!rotate || !setOldest) return skip('it has one root key and no versions of it');
      await rotate();
      expect(await keyring.versions()).toMatchObject({ newest: before.newest + 1, oldest: before.oldest });
      expect(await keyring.unwrap(old)).toEqual(keys.map(({ bytes }) => bytes));
      const renewed = await keyring.rewrap(old);
      for (const bytes of renewed) expect(keyring.versionOf(bytes)).toBe(before.newest + 1);
      await setOldest(before.newest + 1);
      expect(await keyring.versions()).toMatchObject({
        newest: before.newest + 1,
        oldest: before.newest + 1,
      });
      await expect(keyring.unwrap(old)).rejects.toThrow(KeyringRefused);
      const placed = old.map(({ place }, at) => ({ bytes: renewed[at] ?? Buffer.alloc(0), place }));
      expect(await keyring.unwrap(placed)).toEqual(keys.map(({ bytes }) => bytes));
    });

    it('says that a version is made once it is, whoever makes it', async ({ skip }) => {
      const { keyring, rotate, trim } = tried;
      if (!rotate) return skip('it has one root key and no versions of it');
      const { newest } = await keyring.versions();
      expect(await keyring.makeVersion(newest)).toBe(true);
      expect(await keyring.makeVersion(newest + 1)).toBe(!trim);
      if (trim) {
        expect(await keyring.versions()).toMatchObject({ newest });
        await rotate();
        expect(await keyring.makeVersion(newest + 1)).toBe(true);
      }
      expect(await keyring.versions()).toMatchObject({ newest: newest + 1 });
    });

    it('says that versions are destroyed once they can’t be had back, whoever destroys them', async ({
      skip,
    }) => {
      const { keyring, rotate, setOldest, trim } = tried;
      if (!rotate || !setOldest) return skip('it has one root key and no versions of it');
      const { available } = await keyring.versions();
      expect(await keyring.destroyBelow(available)).toBe(true);
      const old = await wrapAll(fresh());
      await rotate();
      const { newest } = await keyring.versions();
      expect(newest).toBeGreaterThan(available);
      if (trim) {
        await setOldest(newest);
        expect(await keyring.destroyBelow(newest)).toBe(false);
        expect(await keyring.versions()).toEqual({ newest, oldest: newest, available });
        await trim(newest);
      }
      expect(await keyring.destroyBelow(newest)).toBe(true);
      expect(await keyring.versions()).toEqual({ newest, oldest: newest, available: newest });
      await expect(keyring.unwrap(old)).rejects.toThrow(KeyringRefused);
    });
  });
}
