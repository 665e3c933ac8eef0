import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { context } from '@integument/crypto';
import { proofCount, seededRandom } from '@integument/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { keyringFiles } from '../../vault-place.fixture.js';
import { EmbeddedKeyring } from './embedded-keyring.js';
import { SealedFile } from './sealed-file.js';

/** What happens before and after each call of the file system. */
const disk = vi.hoisted(() => ({ step: (): Promise<unknown> => Promise.resolve() }));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<Record<string, unknown>>();
  const stepped = Object.entries(real).map(([name, value]): [string, unknown] => {
    if (typeof value !== 'function') return [name, value];
    const call = value as (...args: unknown[]) => unknown;
    const slow = async (...args: unknown[]) => {
      await disk.step();
      const done: unknown = await call(...args);
      await disk.step().catch(async (error: unknown) => {
        if (name === 'open') await (done as FileHandle).close();
        throw error;
      });
      return done;
    };
    return [name, slow];
  });
  return Object.fromEntries(stepped);
});

const key = { bytes: randomBytes(32), place: context('domain_key', 'person', 1) };
let files: ReturnType<typeof keyringFiles>;
beforeEach(() => {
  files = keyringFiles();
});
afterEach(() => {
  disk.step = () => Promise.resolve();
  files.remove();
});

const random = seededRandom();
const there = () => readdirSync(files.folder).sort();
const sealed = () => readFileSync(files.sealedFile);
const backup = () => readFileSync(`${files.sealedFile}.backup`);
const TIDY = ['key', 'keyring.sealed', 'keyring.sealed.backup'];

/** Each call of the file system takes its own time, now and then a long one. */
function slowDisk(): void {
  disk.step = () => sleep(random.below(5) === 0 ? random.below(15) : random.below(3));
}

async function twoVersions(): Promise<EmbeddedKeyring> {
  disk.step = () => Promise.resolve();
  const keyring = await EmbeddedKeyring.load(files);
  await keyring.makeVersion(2);
  return keyring;
}

describe('two processes on one file', () => {
  it('lose no version that one makes while the other destroys old ones', async () => {
    for (let round = 0; round < proofCount(8, 500); round++) {
      files.remove();
      files = keyringFiles();
      const [one, other] = [await twoVersions(), await EmbeddedKeyring.load(files)];
      slowDisk();
      const wrapped = one.makeVersion(3).then(() => one.wrap([key]));
      const [[bytes = key.bytes]] = await Promise.all([wrapped, other.destroyBelow(2)]);
      const later = await EmbeddedKeyring.load(files);
      expect(await later.versions()).toEqual({ newest: 3, oldest: 2, available: 2 });
      expect(await later.unwrap([{ ...key, bytes }])).toEqual([key.bytes]);
      expect(there()).toEqual(TIDY);
    }
  }, 600_000);

  it('bring no destroyed version back when one starts while the other replaces', async () => {
    for (let round = 0; round < proofCount(8, 500); round++) {
      files.remove();
      files = keyringFiles();
      const one = await twoVersions();
      slowDisk();
      const starting = sleep(round % 40).then(() => EmbeddedKeyring.load(files));
      await Promise.all([starting, one.destroyBelow(2), one.makeVersion(3)]);
      const later = await EmbeddedKeyring.load(files);
      expect(await later.versions()).toEqual({ newest: 3, oldest: 2, available: 2 });
      expect(there()).toEqual(TIDY);
    }
  }, 600_000);
});

/** Dies at its nth step, and does nothing from then on. @returns whether it came as far */
async function dyingAt(nth: number, work: () => Promise<unknown>): Promise<boolean> {
  let count = 0;
  disk.step = () => (++count >= nth ? Promise.reject(new Error('died')) : Promise.resolve());
  await work().catch(() => undefined);
  disk.step = () => Promise.resolve();
  bury();
  return count >= nth;
}

/** A lock says whose it is, and that process is not dead here. */
function bury(): void {
  const dead = `_${process.pid}_`;
  for (const name of there().filter((one) => one.includes('.lock_'))) {
    renameSync(`${files.folder}/${name}`, `${files.folder}/${name.replace(dead, '_4194305_')}`);
  }
}

describe('a crash at any step', () => {
  it('leaves all old or all new, and no old version anywhere once the next is begun', async () => {
    for (let nth = 1; ; nth++) {
      files.remove();
      files = keyringFiles();
      const [one, other] = [await twoVersions(), await EmbeddedKeyring.load(files)];
      const died = await dyingAt(nth, () => one.destroyBelow(2));
      expect(await other.makeVersion(3)).toBe(true);
      expect(await other.destroyBelow(2)).toBe(true);
      expect(await other.versions()).toEqual({ newest: 3, oldest: 2, available: 2 });
      expect(there()).toEqual(TIDY);
      expect(backup()).toEqual(sealed());
      if (!died) break;
    }
  }, 60_000);

  it('is not said to have destroyed what still lies beside the file', async () => {
    for (let nth = 1; ; nth++) {
      files.remove();
      files = keyringFiles();
      const [one, other] = [await twoVersions(), await EmbeddedKeyring.load(files)];
      const died = await dyingAt(nth, () => one.destroyBelow(2));
      const { available } = await other.versions();
      // A lock that was left has no key in it.
      if (available === 2) expect(there().filter((name) => !name.includes('.lock_'))).toEqual(TIDY);
      if (available === 2) expect(backup()).toEqual(sealed());
      if (!died) break;
    }
  }, 60_000);
});

describe('what processes without a lock have left', () => {
  it('is put in the file’s place only where it brings nothing back and loses nothing', async () => {
    const next = `${files.sealedFile}.next`;
    const one = await EmbeddedKeyring.load(files);
    await one.makeVersion(2);
    const both = sealed();
    await one.makeVersion(3);
    const three = sealed();
    await one.destroyBelow(2);
    writeFileSync(next, both);
    expect(await (await EmbeddedKeyring.load(files)).versions()).toMatchObject({ newest: 3, available: 2 });
    expect(there()).toEqual(TIDY);
    writeFileSync(next, three);
    await EmbeddedKeyring.load(files);
    expect(there()).toEqual(TIDY);
    await one.destroyBelow(3);
    writeFileSync(next, both);
    await expect(EmbeddedKeyring.load(files)).rejects.toThrow('lose neither');
  });

  it('is taken away where it has root keys and is nothing, also from beside a running process', async () => {
    const one = await twoVersions();
    const drafts = ['', '.backup', '.next'].map((of) => `${files.sealedFile}${of}.0123456789ab`);
    const lay = () => {
      for (const draft of drafts) writeFileSync(draft, sealed());
    };
    for (const begin of [
      () => EmbeddedKeyring.load(files),
      () => one.versions(),
      () => one.makeVersion(3),
      () => one.destroyBelow(2),
    ]) {
      lay();
      writeFileSync(`${files.sealedFile}.kept`, 'somebody’s own');
      await begin();
      expect(there()).toEqual([...TIDY, 'keyring.sealed.kept']);
    }
  });

  it('does not take the place of what was not read before', async () => {
    const one = await EmbeddedKeyring.load(files);
    const old = sealed();
    await one.makeVersion(2);
    const now = sealed();
    const file = new SealedFile(files.sealedFile, () => Promise.resolve(true));
    const replacing = file.alone((held) => file.replace(held, old, old));
    await expect(replacing).rejects.toThrow('by another process');
    expect([sealed(), backup()]).toEqual([now, now]);
    expect(there()).toEqual(TIDY);
  });
});
