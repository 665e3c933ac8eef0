import { HASH_BYTES, nodeHash } from './merkle.js';
import { type Range, subtreeRoot } from './proof.js';
import { TILE_HEIGHT, TILE_WIDTH } from './tile.js';

/** A run of hashes within one tile: those of a tiles' level from `first` up to but without `end`. */
export interface TileSpan {
  readonly level: number;
  readonly first: number;
  readonly end: number;
}

/**
 * Which hashes of which tiles give the roots of some ranges of a tree: one span of each tile at most, so that a proof
 * takes two short reads for each 256-fold of the tree's size, however many ranges it is made of.
 * @param ranges as {@link inclusionPath} and {@link consistencyPath} give them
 */
export function tileSpans(ranges: readonly Range[]): TileSpan[] {
  const spans = new Map<string, TileSpan>();
  for (const piece of ranges.flatMap(pieces)) {
    const tile = keyOf(piece);
    const { first, end } = spans.get(tile) ?? piece;
    spans.set(tile, {
      level: piece.level,
      first: Math.min(first, piece.first),
      end: Math.max(end, piece.end),
    });
  }
  return [...spans.values()];
}

/** The hashes that {@link tileSpans} asked for. */
export class TileHashes {
  readonly #tiles = new Map<string, { span: TileSpan; hashes: Uint8Array }>();

  /**
   * @param hashes of the span, 32 bytes each
   * @throws {RangeError} unless there are as many as the span asks for
   */
  add(span: TileSpan, hashes: Uint8Array): void {
    if (hashes.length !== (span.end - span.first) * HASH_BYTES)
      throw new RangeError('not the hashes of the span');
    this.#tiles.set(keyOf(span), { span, hashes });
  }

  /** Root of one of the ranges that the spans were made for (RFC 6962 section 2.1), 32 bytes. */
  root(range: Range): Uint8Array {
    const roots = pieces(range).map((piece) => subtreeRoot(this.hashes(piece)));
    return roots.reduceRight((right, left) => nodeHash(left, right));
  }

  private hashes(piece: TileSpan): Uint8Array[] {
    const { span, hashes } = this.#tiles.get(keyOf(piece)) ?? {};
    if (!span || !hashes) throw new RangeError('no hashes of that tile');
    return Array.from({ length: piece.end - piece.first }, (_, n) => {
      const at = (piece.first - span.first + n) * HASH_BYTES;
      return hashes.subarray(at, at + HASH_BYTES);
    });
  }
}

/** The perfect subtrees that a range consists of, largest first, each as the hashes of one tile that it is made of. */
function pieces({ start, end }: Range): TileSpan[] {
  const found: TileSpan[] = [];
  for (let at = start; at < end; ) {
    let [width, height] = [1, 0];
    // Ranges of proofs begin where the largest subtree that fits may begin: only the end cuts.
    while (at + width * 2 <= end) [width, height] = [width * 2, height + 1];
    const level = Math.floor(height / TILE_HEIGHT);
    const entries = TILE_WIDTH ** level;
    found.push({ level, first: at / entries, end: (at + width) / entries });
    at += width;
  }
  return found;
}

// By where it begins: a piece is as wide as half a tile at most and never lies across two.
function keyOf({ level, first }: TileSpan): string {
  return `${level}/${Math.floor(first / TILE_WIDTH)}`;
}
