import { CheckpointInvalid, readCheckpointUnverified } from './checkpoint.js';
import { Fault } from './fault.js';
import type { LogCheck } from './log-check.js';
import { leafHash } from './merkle.js';
import { NoteInvalid } from './note.js';
import { fromUtf8, isUtf8, sameBytes, toBase64 } from './primitives.js';
import {
  formatTilePath,
  parseBundle,
  parseHashes,
  TILE_HEIGHT,
  TILE_WIDTH,
  TileInvalid,
  tileWidth,
} from './tile.js';

/**
 * Reads a file of an archive by its path, such as `tile/entries/000` (C2SP tlog-tiles).
 * @returns undefined where there is none; throws where it can't be read
 */
export type ReadArchive = (path: string) => Promise<Uint8Array | undefined>;

/** An archive's note, and the size that it claims: not verified yet. @throws {Fault} */
export async function readArchiveNote(
  read: ReadArchive,
): Promise<{ note: string; origin: string; size: number }> {
  const bytes = await read('checkpoint');
  if (!bytes) throw new Fault('archive.missing', 'the archive has no checkpoint', null);
  const note = isUtf8(bytes) ? fromUtf8(bytes) : '';
  try {
    const { origin, size } = readCheckpointUnverified(note);
    return { note, origin, size };
  } catch (error) {
    if (!(error instanceof NoteInvalid || error instanceof CheckpointInvalid)) throw error;
    throw new Fault('checkpoint.signature', 'the archive’s checkpoint is not a signed note', null);
  }
}

/**
 * Takes an archive's entries from 0 on, and then its checkpoint, into a check of the log. Bundle by bundle: each entry against the
 * tile of leaf hashes, each perfect subtree of 256, 65,536 … entries against the tiles above, where there are such tiles.
 * They are not evidence, but narrow down what the signed root alone can't.
 * @param onEntry told of each entry
 * @returns yields after each bundle
 * @throws {Fault}
 */
export async function* walkArchive(
  read: ReadArchive,
  check: LogCheck,
  onEntry?: (position: number, entry: Uint8Array) => void,
): AsyncGenerator<void> {
  const { note, size } = await readArchiveNote(read);
  const tiles = new Tiles(read, size);
  for (let start = 0; start < size; start += TILE_WIDTH) {
    const entries = await readBundle(read, start, tileWidth(0, start / TILE_WIDTH, size));
    const hashes = await tiles.read(0, start / TILE_WIDTH);
    const whole: Subtree[] = [];
    entries.forEach((entry, at) => {
      const leaf = leafHash(entry);
      compareLeaf(start + at, leaf, hashes?.[at]);
      check.append(entry, 0, entry.length, leaf, (height, index, root) => {
        if (height % TILE_HEIGHT === 0) whole.push({ height, index, root });
      });
      onEntry?.(start + at, entry);
    });
    for (const subtree of whole) await compareSubtree(subtree, tiles);
    yield;
  }
  check.checkpoint(note);
}

interface Subtree {
  readonly height: number;
  readonly index: number;
  readonly root: Uint8Array;
}

async function readBundle(read: ReadArchive, start: number, width: number): Promise<Uint8Array[]> {
  const path = formatTilePath({ level: 'entries', index: start / TILE_WIDTH, width });
  const bytes = await read(path);
  if (!bytes) throw new Fault('archive.missing', `the archive has no ${path}`, start, start + width - 1);
  return parsed(() => parseBundle(bytes, width), path, start, start + width - 1);
}

function compareLeaf(position: number, leaf: Uint8Array, stored: Uint8Array | undefined): void {
  if (!stored || sameBytes(leaf, stored)) return;
  const message = 'the archived bytes do not have the leaf hash that stands in the tile beside them';
  const evidence = { what: 'leaf hash', expected: toBase64(stored), found: toBase64(leaf) };
  throw new Fault('entry.changed', message, position, position, evidence);
}

async function compareSubtree({ height, index, root }: Subtree, tiles: Tiles): Promise<void> {
  const hashes = await tiles.read(height / TILE_HEIGHT, Math.floor(index / TILE_WIDTH));
  const stored = hashes?.[index % TILE_WIDTH];
  if (!stored || sameBytes(root, stored)) return;
  const [first, last] = [index * 2 ** height, (index + 1) * 2 ** height - 1];
  const message = 'the hash above these entries is not the one in its tile: it or one of them was changed';
  const evidence = {
    what: `root of entries ${first} to ${last}`,
    expected: toBase64(stored),
    found: toBase64(root),
  };
  throw new Fault('archive.hash', message, first, last, evidence);
}

/** The tiles of hashes that were read last, one for each level. */
class Tiles {
  readonly #last = new Map<number, { index: number; hashes: Uint8Array[] | undefined }>();

  constructor(
    private readonly readFile: ReadArchive,
    private readonly size: number,
  ) {}

  /** @returns undefined where there is no such tile */
  async read(level: number, index: number): Promise<Uint8Array[] | undefined> {
    const last = this.#last.get(level);
    if (last?.index === index) return last.hashes;
    const width = tileWidth(level, index, this.size);
    const path = formatTilePath({ level, index, width });
    const bytes = await this.readFile(path);
    const first = index * TILE_WIDTH * 2 ** (TILE_HEIGHT * level);
    const hashes = bytes && parsed(() => parseHashes(bytes, width), path, first, this.size - 1);
    this.#last.set(level, { index, hashes });
    return hashes;
  }
}

function parsed<T>(parse: () => T, path: string, first: number, last: number): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof TileInvalid)) throw error;
    throw new Fault('archive.tile', `${path} is not of its form`, first, last);
  }
}
