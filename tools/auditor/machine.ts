import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, readFile, rename, stat, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** What an auditor's command needs of the machine that it runs on. */
export interface Machine {
  /** @param path a file's, or null for standard input */
  readBytes(path: string | null): AsyncIterable<Uint8Array>;
  readText(path: string): Promise<string>;
  isFolder(path: string): Promise<boolean>;
  /** @returns undefined if there is no such file in the folder */
  readFileIn(folder: string, path: string): Promise<Uint8Array | undefined>;
  /** Opens a file that appears whole or not at all. @param path null for standard output */
  openSpool(path: string | null): Promise<Spool>;
  readonly fetch: typeof fetch;
  /** how long an app may take to begin an answer that streams, and each next piece of it */
  readonly patienceMs: number;
  /** milliseconds that witnesses may take to cosign what an app has just signed */
  readonly witnessMs: number;
  /** Writes to standard output, and waits while its reader is behind. @throws {Error} if it reads no more */
  write(text: string): Promise<void>;
  out(text: string): void;
  error(text: string): void;
  /** whether a person watches standard error */
  readonly isWatched: boolean;
  /** milliseconds from some moment on */
  now(): number;
  /** the time by this machine's clock */
  today(): Date;
}

/** What is written stays out of sight until it is kept. */
export interface Spool {
  write(text: string): Promise<void>;
  keep(): Promise<void>;
  drop(): Promise<void>;
}

export function thisMachine(): Machine {
  return {
    readBytes: (path) => (path === null ? process.stdin : createReadStream(path, { highWaterMark: 1 << 20 })),
    readText: (path) => readFile(path, 'utf8'),
    isFolder: async (path) => (await stat(path)).isDirectory(),
    readFileIn,
    openSpool,
    fetch,
    patienceMs: 60_000,
    witnessMs: 30_000,
    write,
    out: (text) => void process.stdout.write(text),
    error: (text) => void process.stderr.write(text),
    isWatched: process.stderr.isTTY,
    now: () => performance.now(),
    today: () => new Date(),
  };
}

function write(text: string): Promise<void> {
  const { stdout } = process;
  return new Promise((resolve, reject) => {
    stdout.once('error', reject);
    stdout.write(text, (error) => {
      // A failure is told to both, and to the listener last: without one it would end the process.
      if (error) return reject(error);
      stdout.off('error', reject);
      resolve();
    });
  });
}

async function readFileIn(folder: string, path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(join(folder, path));
  } catch (error) {
    // A file in a folder's place is as absent as no file.
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

async function openSpool(path: string | null): Promise<Spool> {
  // In the target's own folder, since a file system renames only within itself; and readable by nobody else, since it may hold entries.
  const [folder, name] = path === null ? [tmpdir(), 'integument-verify'] : [dirname(path), basename(path)];
  const part = join(folder, `.${name}.${randomBytes(6).toString('hex')}.part`);
  return new FileSpool(await open(part, 'wx', 0o600), part, path);
}

class FileSpool implements Spool {
  constructor(
    private readonly file: FileHandle,
    private readonly part: string,
    private readonly path: string | null,
  ) {}

  async write(text: string): Promise<void> {
    await this.file.writeFile(text, 'utf8');
  }

  async keep(): Promise<void> {
    await this.file.sync();
    await this.file.close();
    if (this.path !== null) return rename(this.part, this.path);
    await pipeline(createReadStream(this.part), process.stdout, { end: false });
    await unlink(this.part);
  }

  async drop(): Promise<void> {
    // Closed already where keeping it has failed.
    await this.file.close().catch(() => undefined);
    await unlink(this.part);
  }
}
