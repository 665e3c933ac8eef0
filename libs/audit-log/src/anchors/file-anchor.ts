import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Checkpoint, EMPTY_ROOT, parseCheckpoint, readCheckpointUnverified } from '../core/index.js';
import { type Anchor, AnchorConflict, type AnchoredCheckpoint, AnchorRefused } from './anchor.js';
import { assertContinued, type Log, reaching } from './continued.js';

const MODE = 0o640;
/** Longer than two notes can be. */
const TAIL_BYTES = 262_144;
/** A whole note with the empty line behind it. What a crash cut off in the middle doesn't match. */
const NOTE = /(?<=^|\n)([^\n]+\n[0-9]+\n[^\n]+\n)\n(?:— \S+ \S+\n)+\n/g;

/**
 * A file that checkpoints are appended to, on a disk that the database's owner can't write to: each signed note as it is, and an empty
 * line behind it. Opened for appending alone, so the file may be append-only for its owner too (`chattr +a`).
 */
export class FileAnchor implements Anchor {
  readonly name = 'file';
  /** the largest size that this process has seen there */
  #seen = 0;

  constructor(
    private readonly path: string,
    private readonly log: Log,
  ) {}

  /** @throws {AnchorConflict} if the log doesn't continue the file's last note, or that one is gone */
  async anchor(checkpoint: AnchoredCheckpoint): Promise<void> {
    const tail = await readTail(this.path);
    const last = lastNote(tail, readCheckpointUnverified(checkpoint.note).origin);
    if (last.size < this.#seen) throw new AnchorConflict('audit.anchor_changed');
    const due = await reaching(last.size, checkpoint, this.log);
    await assertContinued(last, due, this.log);
    // Behind the remains of an append that a crash cut short, a note begins on a line of its own.
    if (due.size > last.size) await append(this.path, `${endsWhole(tail) ? '' : '\n\n'}${due.note}\n`);
    this.#seen = due.size;
  }
}

/**
 * The file's last whole note, or the empty log. Who signed it doesn't matter: whatever isn't ours can't be continued by the log.
 * @throws {AnchorRefused} for a file that isn't this log's: appending would spoil it, and comparing raise a false alarm
 */
function lastNote(tail: string, origin: string): Checkpoint {
  const text = [...tail.matchAll(NOTE)].at(-1)?.[1];
  const last = text ? parseCheckpoint(text) : { origin, size: 0, root: EMPTY_ROOT };
  const begun = tail.startsWith(`${origin}\n`) || `${origin}\n`.startsWith(tail);
  if (last.origin !== origin || !(text || begun)) {
    throw new AnchorRefused('the file holds something else than checkpoints of this log');
  }
  return last;
}

function endsWhole(tail: string): boolean {
  return tail === '' || tail.endsWith('\n\n');
}

async function readTail(path: string): Promise<string> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (!file) return '';
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - TAIL_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

async function append(path: string, text: string): Promise<void> {
  const file = await open(path, 'a', MODE);
  try {
    await file.appendFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await syncFolder(dirname(path));
}

// The file's own name has to survive a power cut, too.
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
