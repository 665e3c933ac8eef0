import { signCheckpoint, signHandover } from './checkpoint.js';
import { type ExportKey, formatCheckpointLine, formatEntry, formatHeader } from './export-format.js';
import { Frontier } from './frontier.js';
import { ROTATE_KEY, rotationDetails } from './key-chain.js';
import { leafHash } from './merkle.js';
import type { NoteSigner } from './note-key.js';
import { concat, toUtf8 } from './primitives.js';
import { formatBundle, formatTilePath, TILE_WIDTH, tileWidth } from './tile.js';

type EntryOf = (n: number) => Uint8Array;

/** What the n-th entry of a sample says. */
export function sampleEntry(n: number): Uint8Array {
  return toUtf8(
    `{"v":1,"at":"2026-01-15T12:00:${String(n % 60).padStart(2, '0')}.000Z","action":"tests.sample","n":${n}}`,
  );
}

/** What else a sample log can be. */
export interface SampleOptions {
  /** position of the export's first entry */
  readonly first?: number;
  /** the signer is followed by these, each from a size on */
  readonly successors?: readonly { readonly signer: NoteSigner; readonly from: number }[];
  /** what becomes of each note, such as a cosignature behind it */
  readonly cosign?: (note: string) => string;
}

/** A log in memory that an export, checkpoints and an archive are made of. */
export class SampleLog {
  readonly keys: readonly { readonly signer: NoteSigner; readonly from: number }[];

  constructor(
    signer: NoteSigner,
    private readonly given: EntryOf = sampleEntry,
    private readonly options: SampleOptions = {},
  ) {
    this.keys = [{ signer, from: 0 }, ...(options.successors ?? [])];
  }

  /** The entry before a change of keys names them; the others are the given ones. */
  entry(n: number): Uint8Array {
    const at = this.keys.findIndex(({ from }) => from === n + 1);
    const [old, next] = [this.keys[at - 1], this.keys[at]];
    if (!old || !next) return this.given(n);
    const details = rotationDetails(old.signer.verifier, next.signer.verifier);
    return toUtf8(JSON.stringify({ v: 1, at: '2026-01-15T12:00:00.000Z', action: ROTATE_KEY, details }));
  }

  /** The checkpoint of the first `size` entries, signed by whoever has to. */
  note(size: number): string {
    const head = { size, root: this.tree(size).root() };
    const at = this.keys.findLastIndex(({ from }) => from <= size);
    const { signer, from } = this.keys[at] as { signer: NoteSigner; from: number };
    const old = at > 0 && from === size ? this.keys[at - 1]?.signer : undefined;
    const note = old ? signHandover(head, old, signer) : signCheckpoint(head, signer);
    return this.options.cosign?.(note) ?? note;
  }

  tree(size: number): Frontier {
    const tree = new Frontier();
    for (let n = 0; n < size; n++) tree.append(leafHash(this.entry(n)));
    return tree;
  }

  /** Lines of an export, with a checkpoint at each of `checkpoints` and at the end. */
  export(size: number, checkpoints: readonly number[] = []): string[] {
    const { first = 0 } = this.options;
    const origin = (this.keys[0] as { signer: NoteSigner }).signer.name;
    const lines = [formatHeader({ origin, first, size, keys: this.named(size) })];
    const noted = new Set([...checkpoints, ...this.keys.map(({ from }) => from), size]);
    if (size === first) lines.push(formatCheckpointLine(this.note(size)));
    for (let position = first; position < size; position++) {
      const entry = this.entry(position);
      lines.push(formatEntry({ position, leaf: leafHash(entry), entry }));
      if (noted.has(position + 1)) lines.push(formatCheckpointLine(this.note(position + 1)));
    }
    return lines;
  }

  /** Files of an archive of the first `size` entries by their paths. */
  archive(size: number): Map<string, Uint8Array> {
    const files = new Map([['checkpoint', toUtf8(this.note(size))]]);
    let hashes = Array.from({ length: size }, (_, n) => leafHash(this.entry(n)));
    for (let index = 0; index * TILE_WIDTH < size; index++) {
      const [start, width] = [index * TILE_WIDTH, tileWidth(0, index, size)];
      const entries = Array.from({ length: width }, (_, at) => this.entry(start + at));
      files.set(formatTilePath({ level: 'entries', index, width }), formatBundle(entries));
    }
    for (let level = 0; hashes.length > 0; level++) {
      const above: Uint8Array[] = [];
      for (let index = 0; index * TILE_WIDTH < hashes.length; index++) {
        const tile = hashes.slice(index * TILE_WIDTH, (index + 1) * TILE_WIDTH);
        files.set(formatTilePath({ level, index, width: tile.length }), concat(...tile));
        if (tile.length === TILE_WIDTH) above.push(rootOf(tile));
      }
      hashes = above;
    }
    return files;
  }

  private named(size: number): ExportKey[] {
    const keys = this.keys.filter(({ from }) => from <= size);
    if (keys.length < 2) return [];
    return keys.map(({ signer, from }, at) => {
      const vkey = signer.verifier.toString();
      return at === 0 ? { vkey, from } : { vkey, from, note: this.note(from) };
    });
  }
}

/** Lines of an export of `size` entries with a signed checkpoint at each of `checkpoints` and at the end. */
export function sampleExport(
  signer: NoteSigner,
  size: number,
  checkpoints: readonly number[] = [],
  entryOf: EntryOf = sampleEntry,
): string[] {
  return new SampleLog(signer, entryOf).export(size, checkpoints);
}

/** A signed checkpoint of the first `size` sample entries. */
export function sampleCheckpoint(signer: NoteSigner, size: number, entryOf = sampleEntry): string {
  return new SampleLog(signer, entryOf).note(size);
}

/** The bytes of lines, as a file holds them. */
export function bytesOf(lines: readonly string[]): Uint8Array {
  return toUtf8(lines.map((line) => `${line}\n`).join(''));
}

function rootOf(hashes: readonly Uint8Array[]): Uint8Array {
  const tree = new Frontier();
  for (const hash of hashes) tree.append(hash);
  return tree.root();
}
