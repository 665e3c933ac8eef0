import { readFile, rm } from 'node:fs/promises';
import { FileLock, type Held } from './file-lock.js';
import { KeyringRefused } from './keyring.errors.js';
import { absent, draftsOf, put, syncFolder, writeOnce } from './whole-file.js';

/** Whether the first may take the second one's place; rejects what we have not sealed, and what belongs to neither. */
export type Follows = (next: Buffer, file: Buffer) => Promise<boolean>;

/**
 * A file that is made once and replaced as a whole, with a copy beside it. The copy is for a damaged file, and for one that is gone:
 * a fresh root key in its place would be one that opens nothing. Whoever runs the vault puts it back, not the vault.
 *
 * Only `read` and `isTidy` are for whoever is not `alone`.
 */
export class SealedFile {
  readonly #lock: FileLock;

  constructor(
    private readonly path: string,
    private readonly follows: Follows,
  ) {
    this.#lock = new FileLock(`${path}.lock`);
  }

  /** Runs the work while no other process does so on this file, behind what a crash has left of another one's work. */
  alone<T>(work: (held: Held) => Promise<T>): Promise<T> {
    return this.#lock.hold(async (held) => {
      await this.finishReplacing(held);
      await this.removeDrafts();
      return work(held);
    });
  }

  /**
   * Reads the file, or makes it where neither it nor its copy is.
   * @throws {KeyringRefused} where the copy is there alone
   */
  async readOrMake(make: () => Promise<Buffer>): Promise<Buffer> {
    const there = await readFile(this.path).catch(absent);
    if (there) return there;
    const copy = await readFile(this.copyPath).catch(absent);
    if (copy) throw new KeyringRefused('the keyring’s file is gone and its backup is there: put it back');
    const next = await readFile(this.nextPath).catch(absent);
    if (next) throw new KeyringRefused('the keyring’s file is gone and its `.next` is there: put that back');
    return writeOnce(this.path, await make());
  }

  /** Reads the copy, or makes it where there is none. @returns what the copy holds */
  async copyOf(bytes: Buffer): Promise<Buffer> {
    return (await readFile(this.copyPath).catch(absent)) ?? (await writeOnce(this.copyPath, bytes));
  }

  read(): Promise<Buffer> {
    return readFile(this.path);
  }

  /** Whether nothing lies beside file and copy that has, or had, root keys in it; then those two are the same. */
  async isTidy(): Promise<boolean> {
    if (await readFile(this.nextPath).catch(absent)) return false;
    return (await this.drafts()).length === 0;
  }

  /**
   * Puts other bytes in the place of file and copy. First of all they lie beside both: a crash between the two leaves what the
   * next who is alone goes on from.
   * @param before what the file holds: in the place of anything else they are not put
   */
  async replace(held: Held, before: Buffer, bytes: Buffer): Promise<void> {
    await put(this.nextPath, bytes, () => this.requireStill(held, before));
    await this.putBoth(held, before, bytes);
  }

  private async finishReplacing(held: Held): Promise<void> {
    const next = await readFile(this.nextPath).catch(absent);
    const file = await readFile(this.path).catch(absent);
    if (!next || !file) return;
    if (await this.follows(next, file)) return this.putBoth(held, file, next);
    // From before there was a lock: another process has replaced the file since.
    await held();
    await rm(this.nextPath, { force: true });
  }

  private async putBoth(held: Held, before: Buffer, bytes: Buffer): Promise<void> {
    await put(this.path, bytes, () => this.requireStill(held, before));
    await put(this.copyPath, bytes, () => this.requireStill(held, bytes));
    await rm(this.nextPath, { force: true });
  }

  /** The lock, and a look at the file itself: whoever has no lock, a process of a release from before it say, shows there. */
  private async requireStill(held: Held, bytes: Buffer): Promise<void> {
    await held();
    if ((await this.read()).equals(bytes)) return;
    throw new KeyringRefused('the keyring’s file was replaced by another process meanwhile');
  }

  private async removeDrafts(): Promise<void> {
    const drafts = await this.drafts();
    for (const draft of drafts) await rm(draft, { force: true });
    if (drafts.length > 0) await syncFolder(this.path);
  }

  private async drafts(): Promise<string[]> {
    const of = [this.path, this.copyPath, this.nextPath].map(draftsOf);
    return (await Promise.all(of)).flat();
  }

  private get copyPath(): string {
    return `${this.path}.backup`;
  }

  private get nextPath(): string {
    return `${this.path}.next`;
  }
}
