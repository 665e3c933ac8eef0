import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { formatTilePath, type TileName } from '../core/index.js';

/** What stands in the folder is not what was written there. */
export class ArchiveDamaged extends Error {
  override readonly name = 'ArchiveDamaged';
  readonly code = 'audit.archive_damaged';
}

const CHECKPOINT = 'checkpoint';

/**
 * A folder that holds a log as static files: `checkpoint`, `tile/entries/…`, `tile/<level>/…`. Any web server can serve
 * it. Source: C2SP tlog-tiles.
 */
export class TileFolder {
  private readonly unsynced = new Set<string>();

  /** @param path made when the first file is written */
  constructor(private readonly path: string) {}

  /** Writes a tile or bundle, whole or not at all, and reads it back. Survives a crash after {@link sync}. */
  write(name: TileName, bytes: Uint8Array): Promise<void> {
    return this.replace(formatTilePath(name), bytes);
  }

  async writeCheckpoint(note: string): Promise<void> {
    await this.replace(CHECKPOINT, Buffer.from(note));
    await this.sync();
  }

  /** Makes the names of all that was written as durable as its bytes are already. */
  async sync(): Promise<void> {
    for (const folder of this.unsynced) await syncFolder(folder);
    this.unsynced.clear();
  }

  /** @throws {ArchiveDamaged} if there is no such file */
  async read(name: TileName): Promise<Buffer> {
    const bytes = await readIfThere(join(this.path, formatTilePath(name)));
    if (!bytes) throw new ArchiveDamaged('a tile of the archive is missing');
    return bytes;
  }

  async findCheckpoint(): Promise<string | null> {
    return (await readIfThere(join(this.path, CHECKPOINT)))?.toString('utf8') ?? null;
  }

  private async replace(name: string, bytes: Uint8Array): Promise<void> {
    const path = join(this.path, name);
    await this.makeFolder(dirname(path));
    const unfinished = `${path}.${randomBytes(6).toString('hex')}.tmp`;
    const file = await open(unfinished, 'wx', 0o640);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, path);
    this.unsynced.add(dirname(path));
    if (!(await readFile(path)).equals(bytes))
      throw new ArchiveDamaged('a file was not read as it was written');
  }

  /** Makes a folder; each new one's name stands in the one above, which is to be synced too. */
  private async makeFolder(folder: string): Promise<void> {
    if (!(await mkdir(folder, { recursive: true, mode: 0o750 }))) return;
    const steps = relative(this.path, folder).split(sep);
    for (let at = 0; at < steps.length; at++) this.unsynced.add(join(this.path, ...steps.slice(0, at)));
    this.unsynced.add(dirname(this.path));
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
