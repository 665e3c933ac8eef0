import {
  type Checkpoint,
  CheckpointInvalid,
  formatTilePath,
  LineSplitter,
  LinesBroken,
  leafHash,
  NoteInvalid,
  type NoteVerifier,
  openCheckpoint,
  readCheckpointUnverified,
} from '../../libs/audit-log/src/core/index.js';
import type { AppConnection, StreamedReply } from '../auditor/app-connection.js';
import { EntryLines } from './entry-lines.js';
import { type FoundEntry, LogRefused } from './found-entry.js';
import type { ReadFilter } from './read-arguments.js';
import { SignedTree } from './signed-tree.js';

/** Tiles that are read at the same time. */
const AHEAD = 8;

export interface Wanted {
  readonly filter: ReadFilter;
  /** none: nothing is verified */
  readonly keys: readonly NoteVerifier[];
  readonly patienceMs: number;
}

/** What fits in a running app's log, as it comes, each entry proved if there are keys. */
export class AppLog {
  /** entries given out */
  found = 0;

  private constructor(
    /** its newest; signed if there are keys */
    private readonly checkpoint: Checkpoint,
    private readonly tree: SignedTree | undefined,
    private readonly reply: StreamedReply,
    private readonly filter: ReadFilter,
  ) {}

  /** @throws {LogRefused}, {Error} where the app can't be asked or says no */
  static async open(app: AppConnection, { filter, keys, patienceMs }: Wanted): Promise<AppLog> {
    const reply = await app.stream({ path: `v1/audit/stream?${queryOf(filter)}`, as: 'auditor' }, patienceMs);
    try {
      if (!reply.headers.get('content-type')?.startsWith('application/x-ndjson'))
        throw new Error('v1/audit/stream did not answer entries');
      // Behind the stream, so that it covers what the stream searches.
      const note = await app.bytes({ path: 'v1/audit/tlog/checkpoint', as: 'anybody' });
      const checkpoint = open(Buffer.from(note).toString('utf8'), keys);
      const tree = keys.length > 0 ? treeOf(app, checkpoint) : undefined;
      return new AppLog(checkpoint, tree, reply, filter);
    } catch (error) {
      reply.close();
      throw error;
    }
  }

  get origin(): string {
    return this.checkpoint.origin;
  }

  /** entries under its checkpoint */
  get size(): number {
    return this.checkpoint.size;
  }

  /** How many entries the app says that it searched; undefined where it doesn't say. The file's name has it. */
  get searched(): number | undefined {
    const [, digits] =
      /-entries-of-(\d{1,15})\.ndjson"/.exec(this.reply.headers.get('content-disposition') ?? '') ?? [];
    return digits === undefined ? undefined : Number(digits);
  }

  /** In order of time, as many at once as come at once. @throws {LogRefused}, {Error} where the app stops before the end */
  async *entries(): AsyncGenerator<readonly FoundEntry[]> {
    const lines = new EntryLines(this.origin, this.filter);
    let read: FoundEntry[] = [];
    const splitter = new LineSplitter((bytes, start, end) => {
      read.push(lines.read(Buffer.from(bytes.subarray(start, end)).toString('utf8')));
    });
    for await (const piece of this.reply.pieces) {
      split(splitter, piece);
      await this.prove(read);
      this.found += read.length;
      yield read;
      read = [];
    }
    finish(splitter);
  }

  close(): void {
    this.reply.close();
  }

  private async prove(entries: readonly FoundEntry[]): Promise<void> {
    const { tree } = this;
    if (!tree) return;
    for (let at = 0; at < entries.length; at += AHEAD) {
      const some = entries.slice(at, at + AHEAD);
      const proved = await Promise.allSettled(some.map((entry) => proveIn(tree, entry)));
      // The first that is wrong, whichever was found first.
      for (const one of proved) if (one.status === 'rejected') throw one.reason;
    }
  }
}

function split(splitter: LineSplitter, piece: Uint8Array): void {
  try {
    splitter.push(piece);
  } catch (error) {
    if (!(error instanceof LinesBroken)) throw error;
    throw new LogRefused('entry.line', 'the app answered with a line that is no entry');
  }
}

function finish(splitter: LineSplitter): void {
  try {
    splitter.finish();
  } catch (error) {
    if (!(error instanceof LinesBroken)) throw error;
    throw new Error('the app stopped in the middle of an entry');
  }
}

async function proveIn(tree: SignedTree, { position, text }: FoundEntry): Promise<void> {
  if (position >= tree.size) {
    const message = `the checkpoint covers ${tree.size} entries, and not this one`;
    throw new LogRefused('entry.beyond', message, position);
  }
  const signed = await tree.leaf(position).catch((error: unknown) => {
    throw error instanceof LogRefused ? new LogRefused(error.code, error.message, position) : error;
  });
  if (Buffer.compare(leafHash(Buffer.from(text, 'utf8')), signed) !== 0) {
    throw new LogRefused('entry.changed', 'the log that was signed has another entry there', position);
  }
}

function open(note: string, keys: readonly NoteVerifier[]): Checkpoint {
  const claimed = readClaimed(note);
  const key = keys.find(({ name }) => name === claimed?.origin);
  // Its own word, which names the log in what is written.
  if (keys.length === 0 && claimed && /^[^\s\p{C}]{1,256}$/u.test(claimed.origin)) return claimed;
  if (keys.length === 0) throw new Error('v1/audit/tlog/checkpoint did not answer a checkpoint');
  try {
    if (key) return openCheckpoint(note, key);
  } catch (error) {
    if (!(error instanceof NoteInvalid || error instanceof CheckpointInvalid)) throw error;
  }
  throw new LogRefused(
    'checkpoint.signature',
    'the app’s checkpoint is not signed by a given key of its log',
  );
}

function readClaimed(note: string): Checkpoint | undefined {
  try {
    return readCheckpointUnverified(note);
  } catch {
    return undefined;
  }
}

function treeOf(app: AppConnection, checkpoint: Checkpoint): SignedTree {
  // Reading hashes leaves no entry in the log, and each tile is asked for once.
  return new SignedTree(checkpoint, (tile) => {
    return app.bytes({ path: `v1/audit/tlog/${formatTilePath(tile)}`, as: 'auditor' });
  });
}

function queryOf(filter: ReadFilter): string {
  const given = Object.entries(filter).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return new URLSearchParams(given).toString();
}
