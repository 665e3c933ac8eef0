import { HASH_BYTES, subtreeRoot, TILE_WIDTH } from '../core/index.js';
import type { TileFolder } from './tile-folder.js';

/** The tiles above the leaves, all of them computed from the roots of the bundles: 32 bytes for each 256 entries. */
export class UpperTiles {
  /** @param roots of the log's bundles from its first one */
  constructor(private readonly roots: readonly Uint8Array[]) {}

  /**
   * Writes every tile that a tree of as many bundles has, above the leaves, and one of `before` entries had not. The last of a
   * level is a partial one; those of earlier sizes stay.
   */
  async write(folder: TileFolder, before: number): Promise<void> {
    let hashes = this.roots;
    for (let level = 1; hashes.length > 0; level++) {
      const had = Math.floor(before / TILE_WIDTH ** level);
      for (let index = Math.floor(had / TILE_WIDTH); index * TILE_WIDTH < hashes.length; index++) {
        const tile = hashes.slice(index * TILE_WIDTH, (index + 1) * TILE_WIDTH);
        await folder.write(
          { level, index, width: tile.length },
          Buffer.concat(tile, tile.length * HASH_BYTES),
        );
      }
      hashes = above(hashes);
    }
  }
}

function above(hashes: readonly Uint8Array[]): Uint8Array[] {
  const whole = Math.floor(hashes.length / TILE_WIDTH);
  return Array.from({ length: whole }, (_, index) =>
    subtreeRoot(hashes.slice(index * TILE_WIDTH, (index + 1) * TILE_WIDTH)),
  );
}
