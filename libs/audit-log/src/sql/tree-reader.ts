import type { Statement, UnitOfWork } from '@integument/database';
import {
  consistencyPath,
  EMPTY_ROOT,
  formatBundle,
  inclusionPath,
  type Range,
  TILE_WIDTH,
  TileHashes,
  type TileSpan,
  tileSpans,
  tileWidth,
} from '../core/index.js';
import { readHashes, TreeIncomplete } from './tree-hashes.js';

/** There is no such place in the tree, or not yet: nothing is wrong with the log. */
export class NotInTree extends Error {
  override readonly name = 'NotInTree';
  readonly code = 'audit.not_in_tree';
}

/** The entries have left the database for the archive. Their hashes have not. */
export class EntriesArchived extends Error {
  override readonly name = 'EntriesArchived';
  readonly code = 'audit.entries_archived';
}

const BUNDLE: Statement = {
  name: 'audit_bundle',
  text: `
  SELECT head.size, head.archived, position, entry
  FROM (SELECT (SELECT max(size) FROM audit_checkpoint) AS size, (SELECT max(size) FROM audit_archive) AS archived) AS head
  LEFT JOIN audit_entry ON position >= $1::bigint AND position < $2::bigint
  ORDER BY position`,
};

interface BundleRow {
  readonly size: string | null;
  readonly archived: string | null;
  readonly position: string | null;
  readonly entry: Buffer;
}

/**
 * Reads proofs and tiles of a log's tree. Up to the newest checkpoint any size will do; that a checkpoint of that size was
 * signed is for the caller to know.
 *
 * Each takes one round trip and a few hundred hashes, whatever the log's size. None is checked: from tables that somebody
 * has changed come proofs that don't hold, or {@link TreeIncomplete}.
 */
export class TreeReader {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  /**
   * Proves that an entry is in the tree of a size (RFC 6962 section 2.1.1).
   * @returns hashes of 32 bytes, the entry's neighbour first
   * @throws {NotInTree | TreeIncomplete}
   */
  async inclusion(position: number, size: number): Promise<Uint8Array[]> {
    return this.roots(
      inTree(() => inclusionPath(position, size)),
      size,
    );
  }

  /**
   * Proves that the tree of one size is the beginning of that of another (RFC 6962 section 2.1.2); 0 < from ≤ to.
   * @returns hashes of 32 bytes in the proof's order
   * @throws {NotInTree | TreeIncomplete}
   */
  async consistency(from: number, to: number): Promise<Uint8Array[]> {
    return this.roots(
      inTree(() => consistencyPath(from, to)),
      to,
    );
  }

  /** Root of the tree of a size, 32 bytes. @throws {NotInTree | TreeIncomplete} */
  async root(size: number): Promise<Uint8Array> {
    if (size === 0) return EMPTY_ROOT;
    if (!Number.isSafeInteger(size) || size < 0) throw new NotInTree('no such size');
    const [root] = await this.roots([{ start: 0, end: size }], size);
    return root as Uint8Array;
  }

  /**
   * A tile of hashes, as C2SP tlog-tiles serves it: `width` times 32 bytes.
   * @param width up to 256; fewer than there are is a tile of an earlier size
   * @throws {NotInTree | TreeIncomplete}
   */
  async hashTile(level: number, index: number, width: number): Promise<Uint8Array> {
    const first = index * TILE_WIDTH;
    const size = (first + width) * TILE_WIDTH ** level;
    assertTile(level, index, width, size);
    const [hashes] = await this.hashes([{ level, first, end: first + width }], size);
    return hashes as Buffer;
  }

  /**
   * A bundle of entries, as C2SP tlog-tiles serves it.
   * @throws {NotInTree | TreeIncomplete | EntriesArchived}
   */
  async bundle(index: number, width: number): Promise<Uint8Array> {
    const first = index * TILE_WIDTH;
    assertTile(0, index, width, first + width);
    const found = await this.unitOfWork.single((tx) => tx.query<BundleRow>(BUNDLE, [first, first + width]));
    // Where there is no entry the one row tells of the log alone.
    const rows = found.filter(({ position }) => position !== null);
    const [{ size, archived } = { size: null, archived: null }] = found;
    if (Number(size) < first + width) throw new NotInTree('no such bundle yet');
    if (Number(archived) > first && rows.length < width)
      throw new EntriesArchived('the entries are in the archive');
    if (rows.some(({ position }, at) => Number(position) !== first + at) || rows.length !== width) {
      throw new TreeIncomplete('an entry of the bundle is missing');
    }
    return formatBundle(rows.map(({ entry }) => entry));
  }

  private async roots(ranges: readonly Range[], size: number): Promise<Uint8Array[]> {
    const spans = tileSpans(ranges);
    const found = new TileHashes();
    for (const [at, hashes] of (await this.hashes(spans, size)).entries())
      found.add(spans[at] as TileSpan, hashes);
    return ranges.map((range) => found.root(range));
  }

  private async hashes(spans: readonly TileSpan[], needed: number): Promise<Buffer[]> {
    const { size, hashes } = await this.unitOfWork.single((tx) => readHashes(tx, spans));
    if (size === null || size < needed) throw new NotInTree('the log has not grown to this size');
    return hashes.map((one) => {
      if (!one) throw new TreeIncomplete('a part of the tree is missing');
      return one;
    });
  }
}

function inTree(path: () => Range[]): Range[] {
  try {
    return path();
  } catch (cause) {
    throw new NotInTree('no such place in a tree of this size', { cause });
  }
}

function assertTile(level: number, index: number, width: number, size: number): void {
  const whole = [level, index, width, size].every((value) => Number.isSafeInteger(value) && value >= 0);
  if (!whole || width < 1 || tileWidth(level, index, size) !== width) throw new NotInTree('no such tile');
}
