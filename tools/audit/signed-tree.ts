import {
  type Checkpoint,
  parseHashes,
  subtreeRoot,
  TILE_WIDTH,
  TileHashes,
  TileInvalid,
  type TileName,
  tileSpans,
  tileWidth,
} from '../../libs/audit-log/src/core/index.js';
import { LogRefused } from './found-entry.js';

type Hashes = readonly Uint8Array[];

/** Tiles of 8 KiB each that are kept. */
const KEPT_TILES = 512;

/**
 * The tree under a signed checkpoint, of which only those tiles are read that prove the entries that are asked for.
 *
 * The tiles at the tree's right edge give the root that was signed, or they are refused. A full tile's own root is a hash of the tile
 * above it. So every hash that is given out is one that the checkpoint's signature covers, and it takes an entry one comparison:
 * a proof for each would cost a request, and leave an entry in the log.
 */
export class SignedTree {
  /** by level and index, the one used last at the end */
  private readonly kept = new Map<string, Promise<Hashes>>();
  private edge: Promise<ReadonlyMap<number, Hashes>> | undefined;

  /** @param readTile the bytes of a tile. Nothing of it is believed. */
  constructor(
    private readonly checkpoint: Checkpoint,
    private readonly readTile: (name: TileName) => Promise<Uint8Array>,
  ) {}

  get size(): number {
    return this.checkpoint.size;
  }

  /** The leaf hash of an entry below the size. @throws {LogRefused} where the tiles are not those that were signed */
  async leaf(position: number): Promise<Uint8Array> {
    const hashes = await this.hashes(0, Math.floor(position / TILE_WIDTH));
    return hashes[position % TILE_WIDTH] as Uint8Array;
  }

  private async hashes(level: number, index: number): Promise<Hashes> {
    if (tileWidth(level, index, this.size) === TILE_WIDTH) return this.keep(level, index);
    this.edge ??= this.readEdge();
    return (await this.edge).get(level) as Hashes;
  }

  private keep(level: number, index: number): Promise<Hashes> {
    const key = `${level}/${index}`;
    const tile = this.kept.get(key) ?? this.readFull(level, index);
    this.kept.delete(key);
    this.kept.set(key, tile);
    const [oldest] = this.kept.keys();
    if (this.kept.size > KEPT_TILES && oldest !== undefined) this.kept.delete(oldest);
    return tile;
  }

  private async readFull(level: number, index: number): Promise<Hashes> {
    const hashes = await this.read({ level, index, width: TILE_WIDTH });
    const above = await this.hashes(level + 1, Math.floor(index / TILE_WIDTH));
    if (!isSame(subtreeRoot(hashes), above[index % TILE_WIDTH])) throw changed();
    return hashes;
  }

  private async readEdge(): Promise<ReadonlyMap<number, Hashes>> {
    const all = { start: 0, end: this.size };
    const tiles = new TileHashes();
    const edge = new Map<number, Hashes>();
    for (const span of tileSpans([all])) {
      const { level, first, end } = span;
      const hashes = await this.read({ level, index: first / TILE_WIDTH, width: end - first });
      tiles.add(span, Buffer.concat(hashes));
      edge.set(level, hashes);
    }
    if (!isSame(tiles.root(all), this.checkpoint.root)) throw changed();
    return edge;
  }

  private async read(name: TileName): Promise<Hashes> {
    const bytes = await this.readTile(name);
    try {
      return parseHashes(bytes, name.width);
    } catch (error) {
      if (error instanceof TileInvalid) throw changed();
      throw error;
    }
  }
}

function isSame(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b !== undefined && Buffer.compare(a, b) === 0;
}

function changed(): LogRefused {
  return new LogRefused(
    'tile.changed',
    'the hashes that the app gives out are not those under its checkpoint',
  );
}
