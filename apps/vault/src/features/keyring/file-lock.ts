import { randomBytes, randomInt } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readdir, rm, stat, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KeyringRefused } from './keyring.errors.js';
import { isGone, type LockOwner, thisProcess } from './lock-owner.js';

/** Throws where the lock is not ours any more, and says otherwise that we are alive. */
export type Held = () => Promise<void>;

const WAIT_MS = 60_000;
const OWNER = /^([0-9a-f-]*)_(\d*)_(\d+)_(\d*)_[0-9a-f]{12}$/;

/**
 * A lock for processes of one machine, with nothing of the system's to lock with: Node has no flock. Who wants it raises a flag,
 * a file of its own, and then looks for others'. So of two that come at once one at least sees the other's, and lowers its own.
 * A flag's name says who raised it, and no name comes twice: whoever finds one of a process that is gone takes it away, and can't
 * take another's. One file for all would be taken away by the second who finds it left over, from the first who has it by then.
 */
export class FileLock {
  constructor(
    private readonly path: string,
    private readonly waitMs = WAIT_MS,
  ) {}

  /** @throws {KeyringRefused} where another process keeps it for too long */
  async hold<T>(work: (held: Held) => Promise<T>): Promise<T> {
    const flag = await this.raise();
    try {
      return await work(() => stillUp(flag));
    } finally {
      await rm(flag, { force: true });
    }
  }

  private async raise(): Promise<string> {
    const until = performance.now() + this.waitMs;
    for (;;) {
      const flag = await this.tryToRaise();
      if (flag) return flag;
      if (performance.now() > until) {
        throw new KeyringRefused(
          'another process keeps the keyring’s lock: see the `.lock_` beside its file',
        );
      }
      await sleep(randomInt(2, 25));
    }
  }

  private async tryToRaise(): Promise<string | null> {
    if (await this.seesAnother(null)) return null;
    const { boot, space, pid, start } = thisProcess();
    const flag = `${this.path}_${boot}_${space}_${pid}_${start}_${randomBytes(6).toString('hex')}`;
    let alone = false;
    try {
      await (await open(flag, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o600)).close();
      alone = !(await this.seesAnother(flag));
      return alone ? flag : null;
    } finally {
      if (!alone) await rm(flag, { force: true });
    }
  }

  private async seesAnother(own: string | null): Promise<boolean> {
    const folder = dirname(this.path);
    for (const name of await readdir(folder)) {
      const owner = ownerOf(name, basename(this.path));
      const flag = join(folder, name);
      if (owner && flag !== own && !(await this.takeLeftOver(flag, owner))) return true;
    }
    return false;
  }

  /** @returns whether nobody has it up */
  private async takeLeftOver(flag: string, owner: LockOwner): Promise<boolean> {
    const touched = await stat(flag).catch(absent);
    if (!touched) return true;
    if (!isGone(owner, touched.mtimeMs)) return false;
    await rm(flag, { force: true });
    return true;
  }
}

async function stillUp(flag: string): Promise<void> {
  const now = new Date();
  await utimes(flag, now, now).catch((error: NodeJS.ErrnoException) => {
    absent(error);
    throw new KeyringRefused('the keyring’s lock was taken for that of a process that is gone');
  });
}

function ownerOf(name: string, lock: string): LockOwner | null {
  const [, boot, space, pid, start] =
    (name.startsWith(`${lock}_`) && OWNER.exec(name.slice(lock.length + 1))) || [];
  if (boot === undefined || space === undefined || pid === undefined || start === undefined) return null;
  return { boot, space, pid: Number(pid), start };
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}
