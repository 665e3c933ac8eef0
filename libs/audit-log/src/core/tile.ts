import { HASH_BYTES, isSize } from './merkle.js';
import { concat } from './primitives.js';

/** Levels of the tree that one tile stands for; level L of tiles lies 8·L above the entries. */
export const TILE_HEIGHT = 8;
/** Hashes of a full tile, and entries of a full bundle. */
export const TILE_WIDTH = 2 ** TILE_HEIGHT;

const MAX_LEVEL = 63;
const LENGTH_BYTES = 2;

/** Where a tile of hashes, or with `entries` a bundle of entries, stands. Source: C2SP tlog-tiles. */
export interface TileName {
  readonly level: number | 'entries';
  /** counted from 0 on its level */
  readonly index: number;
  /** hashes or entries in it: 256, or fewer for the partial one at the tree's right edge */
  readonly width: number;
}

/** A text is no tile's path, or bytes are no tile. */
export class TileInvalid extends Error {
  override readonly name = 'TileInvalid';
}

/** @returns `tile/<level>/<index>` with `.p/<width>` for a partial one; the index in groups of three: `x001/x234/067` */
export function formatTilePath({ level, index, width }: TileName): string {
  if (!isTile({ level, index, width })) throw new TileInvalid('no such tile');
  const digits = String(index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0');
  const groups = padded.match(/.{3}/g) ?? [];
  const path = groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join('/');
  return `tile/${level}/${path}${width === TILE_WIDTH ? '' : `.p/${width}`}`;
}

/** Reads what {@link formatTilePath} writes, and no other spelling of it. @throws {TileInvalid} */
export function parseTilePath(path: string): TileName {
  const [, level = '', index = '', width] =
    /^tile\/(entries|[0-9]{1,2})\/((?:x[0-9]{3}\/)*[0-9]{3})(?:\.p\/([0-9]{1,3}))?$/.exec(path) ?? [];
  const name: TileName = {
    level: level === 'entries' ? level : Number(level),
    index: Number(index.replaceAll(/[x/]/g, '')),
    width: width === undefined ? TILE_WIDTH : Number(width),
  };
  if (index === '' || !isTile(name) || formatTilePath(name) !== path)
    throw new TileInvalid('not a tile path');
  return name;
}

/** @returns the width of a tile in a tree of this size: 0 where there is none */
export function tileWidth(level: number, index: number, size: number): number {
  const hashes = Math.floor(size / 2 ** (TILE_HEIGHT * level));
  return Math.max(0, Math.min(TILE_WIDTH, hashes - index * TILE_WIDTH));
}

/** Writes a bundle of entries: for each its length (u16 BE) and its bytes. */
export function formatBundle(entries: readonly Uint8Array[]): Uint8Array {
  return concat(
    ...entries.flatMap((entry) => {
      const length = new Uint8Array(LENGTH_BYTES);
      if (entry.length > 0xffff) throw new TileInvalid('an entry is too long for a bundle');
      new DataView(length.buffer).setUint16(0, entry.length);
      return [length, entry];
    }),
  );
}

/** Reads what {@link formatBundle} wrote. @throws {TileInvalid} unless it holds exactly so many entries */
export function parseBundle(bytes: Uint8Array, width: number): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: Uint8Array[] = [];
  let at = 0;
  while (at + LENGTH_BYTES <= bytes.length) {
    const end = at + LENGTH_BYTES + view.getUint16(at);
    if (end > bytes.length) break;
    entries.push(bytes.subarray(at + LENGTH_BYTES, end));
    at = end;
  }
  if (at !== bytes.length || entries.length !== width)
    throw new TileInvalid('not a bundle of that many entries');
  return entries;
}

/** Reads a tile of hashes, 32 bytes each. @throws {TileInvalid} unless it holds exactly so many */
export function parseHashes(bytes: Uint8Array, width: number): Uint8Array[] {
  if (bytes.length !== width * HASH_BYTES) throw new TileInvalid('not a tile of that many hashes');
  return Array.from({ length: width }, (_, at) => bytes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES));
}

function isTile({ level, index, width }: TileName): boolean {
  const known = level === 'entries' || (Number.isInteger(level) && level >= 0 && level <= MAX_LEVEL);
  return known && isSize(index) && Number.isInteger(width) && width >= 1 && width <= TILE_WIDTH;
}
