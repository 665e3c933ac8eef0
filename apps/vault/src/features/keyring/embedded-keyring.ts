import { randomBytes } from 'node:crypto';
import { KEY_BYTES, open, SealBroken, seal } from '@integument/crypto';
import type { Held } from './file-lock.js';
import { KeyringRefused } from './keyring.errors.js';
import type { Keyring, Placed, RootVersions } from './keyring.js';
import { SealedFile } from './sealed-file.js';
import { keyFile, passphraseFile, type Roots, type SealingKey } from './sealing-key.js';

/** One of the two seals. */
export interface EmbeddedKeyringFiles {
  readonly sealedFile: string;
  readonly keyFile?: string | undefined;
  readonly passphraseFile?: string | undefined;
}

interface OpenedFile {
  readonly sealed: Buffer;
  readonly roots: Roots;
}

/** What `seal` makes begins with 1: so does what lies under the first root. Under a later one: 2 | version (u32 BE) | sealed. */
const FIRST = 1;
const NUMBERED = 2;
const NUMBER_BYTES = 5;

/**
 * The versions of the root key in a file, sealed under a second file's secret: a copy of one of them opens nothing. For one
 * machine; it refuses databases elsewhere (see the vault's configuration).
 */
export class EmbeddedKeyring implements Keyring {
  /** Private at run time too: what prints a keyring must not print these. */
  readonly #sealingKey: SealingKey;
  #opened: OpenedFile;

  private constructor(
    private readonly file: SealedFile,
    sealingKey: SealingKey,
    opened: OpenedFile,
  ) {
    this.#sealingKey = sealingKey;
    this.#opened = opened;
  }

  /**
   * Opens the keyring's file, or makes it where there is none.
   * @throws {KeyringRefused} if the file was changed, differs from its backup, or belongs to another key file or passphrase
   */
  static async load(files: EmbeddedKeyringFiles): Promise<EmbeddedKeyring> {
    const sealingKey = await sealingKeyOf(files);
    const file = new SealedFile(files.sealedFile, (next, now) => follows(sealingKey, next, now));
    // While another process replaces the two they differ, and neither is to be touched.
    return file.alone(async () => {
      const sealed = await file.readOrMake(() => sealingKey.seal(new Map([[1, randomBytes(KEY_BYTES)]])));
      const opened = { sealed, roots: await openRoots(sealingKey, sealed) };
      await requireSame(sealingKey, opened, await file.copyOf(sealed));
      return new EmbeddedKeyring(file, sealingKey, opened);
    });
  }

  async wrap(keys: readonly Placed[]): Promise<Buffer[]> {
    await this.read();
    const version = this.newest;
    return keys.map(({ bytes, place }) => numbered(version, seal(this.root(version), bytes, place)));
  }

  /** A version that is not known here was made by another process of this machine. */
  async unwrap(wrapped: readonly Placed[]): Promise<Buffer[]> {
    if (wrapped.some(({ bytes }) => !this.roots.has(this.versionOf(bytes)))) await this.read();
    try {
      return wrapped.map(({ bytes, place }) => {
        const version = this.versionOf(bytes);
        return open(this.root(version), version === FIRST ? bytes : bytes.subarray(NUMBER_BYTES), place);
      });
    } catch (error) {
      if (!(error instanceof SealBroken)) throw error;
      throw new KeyringRefused('wrapped key does not belong to this keyring or this place');
    }
  }

  async rewrap(wrapped: readonly Placed[]): Promise<Buffer[]> {
    const keys = await this.unwrap(wrapped);
    return this.wrap(wrapped.map(({ place }, at) => ({ bytes: keys[at] ?? Buffer.alloc(0), place })));
  }

  /** What lies beside the file after a crash has old versions in it, and would come back: until it is gone, none is destroyed. */
  async versions(): Promise<RootVersions> {
    await this.read();
    if (!(await this.file.isTidy())) await this.file.alone(() => this.read());
    const oldest = oldestOf(this.roots);
    return { newest: this.newest, oldest, available: oldest };
  }

  versionOf(wrapped: Buffer): number {
    if (wrapped[0] === FIRST) return FIRST;
    if (wrapped[0] === NUMBERED && wrapped.length > NUMBER_BYTES) return wrapped.readUInt32BE(1);
    throw new KeyringRefused('not wrapped by this kind of keyring');
  }

  /** Whoever is asked is this process. */
  check(): Promise<void> {
    return Promise.resolve();
  }

  makeVersion(version: number): Promise<boolean> {
    return this.file.alone(async (held) => {
      const before = await this.read();
      const newest = newestOf(before.roots);
      if (newest >= version) return true;
      if (newest !== version - 1) throw new KeyringRefused('a version of the root key is missing');
      return this.replace(held, before, new Map([...before.roots, [version, randomBytes(KEY_BYTES)]]));
    });
  }

  destroyBelow(version: number): Promise<boolean> {
    return this.file.alone(async (held) => {
      const before = await this.read();
      if (newestOf(before.roots) < version) {
        throw new KeyringRefused('no version of the root key would be left');
      }
      const kept = [...before.roots].filter(([one]) => one >= version);
      return kept.length === before.roots.size || this.replace(held, before, new Map(kept));
    });
  }

  private get roots(): Roots {
    return this.#opened.roots;
  }

  private get newest(): number {
    return newestOf(this.roots);
  }

  private root(version: number): Buffer {
    const root = this.roots.get(version);
    if (!root) throw new KeyringRefused('this version of the root key is not there');
    return root;
  }

  private async read(): Promise<OpenedFile> {
    const sealed = await this.file.read();
    if (sealed.equals(this.#opened.sealed)) return this.#opened;
    const opened = { sealed, roots: await openRoots(this.#sealingKey, sealed) };
    this.#opened = opened;
    return opened;
  }

  private async replace(held: Held, before: OpenedFile, roots: Roots): Promise<true> {
    if (!isSameOrLater(roots, before.roots)) throw new KeyringRefused('the newest root key would be lost');
    await this.file.replace(held, before.sealed, await this.#sealingKey.seal(roots));
    // Only what has been read again, and opens, is used.
    if (!areSame(roots, (await this.read()).roots)) {
      throw new KeyringRefused('the keyring’s file was not replaced');
    }
    return true;
  }
}

function numbered(version: number, sealed: Buffer): Buffer {
  if (version === FIRST) return sealed;
  const number = Buffer.alloc(NUMBER_BYTES, NUMBERED);
  number.writeUInt32BE(version, 1);
  return Buffer.concat([number, sealed]);
}

function sealingKeyOf(files: EmbeddedKeyringFiles): Promise<SealingKey> {
  if (files.keyFile !== undefined) return keyFile(files.keyFile);
  if (files.passphraseFile !== undefined) return passphraseFile(files.passphraseFile);
  return Promise.reject(new KeyringRefused('neither a key file nor a passphrase seals the keyring'));
}

async function openRoots(sealingKey: SealingKey, sealed: Buffer): Promise<Roots> {
  try {
    return await sealingKey.open(sealed);
  } catch (error) {
    if (!(error instanceof SealBroken)) throw error;
    throw new KeyringRefused('the keyring’s file was changed or belongs to another key file or passphrase');
  }
}

/** @throws {KeyringRefused} where each has a version that the other one lacks */
async function follows(sealingKey: SealingKey, next: Buffer, file: Buffer): Promise<boolean> {
  const [then, now] = [await openRoots(sealingKey, next), await openRoots(sealingKey, file)];
  if (isSameOrLater(then, now)) return true;
  if (isSameOrLater(now, then)) return false;
  throw new KeyringRefused('the keyring’s file and its `.next` don’t follow each other: lose neither');
}

/** Says which of the two to touch: whoever puts a damaged backup, or an old one, back has lost a root key. */
async function requireSame(sealingKey: SealingKey, file: OpenedFile, copy: Buffer): Promise<void> {
  if (copy.equals(file.sealed)) return;
  const there = await openRoots(sealingKey, copy).catch(() => null);
  throw new KeyringRefused(whichToKeep(file.roots, there));
}

function whichToKeep(file: Roots, copy: Roots | null): string {
  if (!copy) return 'the keyring’s file is whole, its backup is not: take the backup away, not the file';
  if (!areOneKeyring(file, copy)) return 'the keyring’s file and its backup are two keyrings: lose neither';
  return isLater(copy, file)
    ? 'the keyring’s backup is later than its file: put the backup in the file’s place'
    : 'the keyring’s backup is from before its file: take the backup away, not the file';
}

/** Of one keyring at two times, some versions are the same, and none is another. */
function areOneKeyring(one: Roots, other: Roots): boolean {
  const both = [...one].filter(([version]) => other.has(version));
  return both.length > 0 && both.every(([version, root]) => other.get(version)?.equals(root));
}

/** Versions are added at the end, and destroyed from the beginning. */
function isLater(one: Roots, other: Roots): boolean {
  const [newest, newestOfOther] = [newestOf(one), newestOf(other)];
  if (newest !== newestOfOther) return newest > newestOfOther;
  return oldestOf(one) > oldestOf(other);
}

/** Has the other one's newest version, and brings none back that the other one has no more. */
function isSameOrLater(one: Roots, other: Roots): boolean {
  return areOneKeyring(one, other) && one.has(newestOf(other)) && oldestOf(one) >= oldestOf(other);
}

function areSame(one: Roots, other: Roots): boolean {
  return one.size === other.size && [...one].every(([version, root]) => other.get(version)?.equals(root));
}

function newestOf(roots: Roots): number {
  return Math.max(...roots.keys());
}

function oldestOf(roots: Roots): number {
  return Math.min(...roots.keys());
}
