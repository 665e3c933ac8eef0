import { signCheckpoint } from './checkpoint.js';
import { formatCheckpointLine, formatEntry, formatHeader } from './export-format.js';
import { Frontier } from './frontier.js';
import { leafHash } from './merkle.js';
import type { NoteSigner } from './note-key.js';
import { toUtf8 } from './primitives.js';

/** What the n-th entry of a sample says. */
export function sampleEntry(n: number): Uint8Array {
  return toUtf8(
    `{"v":1,"at":"2026-01-15T12:00:${String(n % 60).padStart(2, '0')}.000Z","action":"tests.sample","n":${n}}`,
  );
}

/** Lines of an export of `size` entries with a signed checkpoint at each of `checkpoints` and at the end. */
export function sampleExport(
  signer: NoteSigner,
  size: number,
  checkpoints: readonly number[] = [],
  entryOf: (n: number) => Uint8Array = sampleEntry,
): string[] {
  const tree = new Frontier();
  const lines = [formatHeader({ origin: signer.name, size })];
  const sign = () => lines.push(formatCheckpointLine(sampleNote(signer, tree)));
  if (size === 0) sign();
  for (let position = 0; position < size; position++) {
    const entry = entryOf(position);
    tree.append(leafHash(entry));
    lines.push(formatEntry({ position, leaf: leafHash(entry), entry }));
    if (checkpoints.includes(tree.size) || tree.size === size) sign();
  }
  return lines;
}

/** A signed checkpoint of the first `size` sample entries. */
export function sampleCheckpoint(signer: NoteSigner, size: number, entryOf = sampleEntry): string {
  const tree = new Frontier();
  for (let n = 0; n < size; n++) tree.append(leafHash(entryOf(n)));
  return sampleNote(signer, tree);
}

function sampleNote(signer: NoteSigner, tree: Frontier): string {
  return signCheckpoint({ size: tree.size, root: tree.root() }, signer);
}
