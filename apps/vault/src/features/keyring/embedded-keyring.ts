import { randomBytes } from 'node:crypto';
import { KEY_BYTES, open, SealBroken, seal } from '@integument/crypto';
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
  #sealed: Buffer;
  #roots: Roots;

  private constructor(
    private readonly file: SealedFile,
    sealingKey: SealingKey,
    sealed: Buffer,
    roots: Roots,
  ) {
    this.#sealingKey = sealingKey;
    this.#sealed = sealed;
    this.#roots = roots;
  }

  /**
   * Opens the keyring's file, or makes it where there is none.
   * @throws {KeyringRefused} if the file was changed, differs from its backup, or belongs to another key file or passphrase
   */
  static async load(files: EmbeddedKeyringFiles): Promise<EmbeddedKeyring> {
    const sealingKey = await sealingKeyOf(files);
    const file = new SealedFile(files.sealedFile);
    await file.finishReplacing((bytes) => openRoots(sealingKey, bytes));
    const sealed = await file.readOrMake(() => sealingKey.seal(new Map([[1, randomBytes(KEY_BYTES)]])));
    const roots = await openRoots(sealingKey, sealed);
    await requireSame(sealingKey, { sealed, roots }, await file.copyOf(sealed));
    return new EmbeddedKeyring(file, sealingKey, sealed, roots);
  }

  async wrap(keys: readonly Placed[]): Promise<Buffer[]> {
    await this.read();
    const version = this.newest;
    return keys.map(({ bytes, place }) => numbered(version, seal(this.root(version), bytes, place)));
  }

  /** A version that is not known here was made by another process of this machine. */
  async unwrap(wrapped: readonly Placed[]): Promise<Buffer[]> {
    if (wrapped.some(({ bytes }) => !this.#roots.has(this.versionOf(bytes)))) await this.read();
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

  async versions(): Promise<RootVersions> {
    await this.read();
    const oldest = Math.min(...this.#roots.keys());
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

  /** Only ever from one process at a time: the file has no lock of its own. */
  async makeVersion(version: number): Promise<boolean> {
    await this.read();
    if (this.newest >= version) return true;
    if (this.newest !== version - 1) throw new KeyringRefused('a version of the root key is missing');
    await this.replace(new Map([...this.#roots, [version, randomBytes(KEY_BYTES)]]));
    return true;
  }

  async destroyBelow(version: number): Promise<boolean> {
    await this.read();
    if (this.newest < version) throw new KeyringRefused('no version of the root key would be left');
    const kept = [...this.#roots].filter(([one]) => one >= version);
    if (kept.length < this.#roots.size) await this.replace(new Map(kept));
    return true;
  }

  private get newest(): number {
    return Math.max(...this.#roots.keys());
  }

  private root(version: number): Buffer {
    const root = this.#roots.get(version);
    if (!root) throw new KeyringRefused('this version of the root key is not there');
    return root;
  }

  private async read(): Promise<void> {
    const sealed = await this.file.read();
    if (sealed.equals(this.#sealed)) return;
    this.#roots = await openRoots(this.#sealingKey, sealed);
    this.#sealed = sealed;
  }

  private async replace(roots: Roots): Promise<void> {
    await this.file.replace(await this.#sealingKey.seal(roots));
    // Only what has been read again, and opens, is used.
    await this.read();
    if (roots.size !== this.#roots.size) throw new KeyringRefused('the keyring’s file was not replaced');
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
  const [newest, newestOfOther] = [Math.max(...one.keys()), Math.max(...other.keys())];
  if (newest !== newestOfOther) return newest > newestOfOther;
  return Math.min(...one.keys()) > Math.min(...other.keys());
}
