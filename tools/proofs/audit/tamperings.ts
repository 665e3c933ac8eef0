import type { SeededRandom } from '@integument/testing';
import {
  leafHash,
  type NoteSigner,
  signCheckpoint,
  subtreeRoot,
} from '../../../libs/audit-log/src/core/index.js';

/** A log as its tables hold it, and as an attacker may know it: the signing key included, where it is said. */
export interface StoredLog {
  readonly entries: readonly Uint8Array[];
  readonly checkpoints: readonly { readonly size: number; readonly note: string }[];
  readonly signer: NoteSigner;
}

/** One statement of somebody who may write everything. */
export type Change = readonly [sql: string, ...values: unknown[]];

/** A way to tamper; draws what exactly it does. */
export type Tampering = (log: StoredLog, random: SeededRandom) => Change[];

const flipColumn = (column: 'entry' | 'leaf_hash'): Tampering => {
  return ({ entries }, random) => {
    const position = random.below(entries.length);
    const bits = column === 'leaf_hash' ? 256 : (entries[position]?.length ?? 0) * 8;
    const sql = `UPDATE audit_entry SET ${column} = set_bit(${column}, $1::bigint, 1 - get_bit(${column}, $1::bigint)) WHERE position = $2`;
    return [[sql, random.below(bits), position]];
  };
};

const flipPosition: Tampering = ({ entries }, random) => {
  const sql = 'UPDATE audit_entry SET position = position # (1::bigint << $1::integer) WHERE position = $2';
  return [[sql, random.below(64), random.below(entries.length)]];
};

const flipCheckpointSize: Tampering = ({ checkpoints }, random) => {
  const sizes = checkpoints.map(({ size }) => BigInt(size));
  const size = random.pick(sizes);
  // Two checkpoints of a size the table would not hold.
  const bits = Array.from({ length: 63 }, (_, bit) => bit);
  const bit = random.pick(bits.filter((one) => !sizes.includes(size ^ (1n << BigInt(one)))));
  const sql = 'UPDATE audit_checkpoint SET size = size # (1::bigint << $1::integer) WHERE size = $2';
  return [[sql, bit, Number(size)]];
};

const flipCheckpointRoot: Tampering = ({ checkpoints }, random) => {
  const sql =
    'UPDATE audit_checkpoint SET root = set_bit(root, $1::bigint, 1 - get_bit(root, $1::bigint)) WHERE size = $2';
  return [[sql, random.below(256), random.pick(checkpoints).size]];
};

/** Flips one of the bits of a character that leave it one. */
const flipNote: Tampering = ({ checkpoints }, random) => {
  const { size, note } = random.pick(checkpoints);
  const at = random.below(note.length);
  const changed = note.charCodeAt(at) ^ (1 << random.below(6));
  const flipped = note.slice(0, at) + String.fromCharCode(changed === 0 ? 1 : changed) + note.slice(at + 1);
  return [['UPDATE audit_checkpoint SET note = $1 WHERE size = $2', flipped, size]];
};

const deleteEntries: Tampering = ({ entries }, random) => {
  const [from, end] = run(entries, random);
  return [['DELETE FROM audit_entry WHERE position >= $1 AND position < $2', from, end]];
};

/** The same, and all that is behind moves up, so that positions show nothing. */
const closeGap: Tampering = (log, random) => {
  const [from, end] = run(log.entries, random);
  return [
    ['DELETE FROM audit_entry WHERE position >= $1 AND position < $2', from, end],
    ['UPDATE audit_entry SET position = position - $1 WHERE position >= $2', end - from, end],
  ];
};

const insertEntry: Tampering = ({ entries }, random) => {
  const position = random.below(entries.length);
  return [
    ['UPDATE audit_entry SET position = position + 1 WHERE position >= $1', position],
    store(position, forged(random)),
  ];
};

/** Two entries change places, or a run of them comes in another order. */
const reorder: Tampering = ({ entries }, random) => {
  const from = random.below(entries.length - 1);
  const width = 2 + random.below(Math.min(entries.length - from - 1, 8));
  const places = Array.from({ length: width }, (_, n) => from + n);
  const [first = 0, ...rest] = places;
  const moved = random.chance(0.5) ? [...rest, first] : [...places].reverse();
  const sql = `UPDATE audit_entry SET position = moved.place
    FROM unnest($1::bigint[], $2::bigint[]) AS moved (at, place) WHERE position = moved.at`;
  return [[sql, places, moved]];
};

/** Another payload with its own hash beside it. */
const replaceEntry: Tampering = ({ entries }, random) => {
  const entry = forged(random);
  const sql = 'UPDATE audit_entry SET entry = $1, leaf_hash = $2 WHERE position = $3';
  return [[sql, entry, leafHash(entry), random.below(entries.length)]];
};

/** The end is gone, together with every checkpoint that covers some of it. */
const truncate: Tampering = (log, random) => cutAt(random.pick(log.checkpoints.slice(0, -1)).size);

/** The end is gone, and the head that was then is signed once more, with the true key. */
const signOldHead: Tampering = ({ entries, signer }, random) => {
  const size = random.below(entries.length);
  const root = subtreeRoot(entries.slice(0, size).map(leafHash));
  return [...cutAt(size), sign(size, root, signer)];
};

/** Another history from some entry on, every head of it signed with the true key. */
const fork: Tampering = ({ entries, checkpoints, signer }, random) => {
  const position = random.below(entries.length);
  const entry = forged(random);
  const leaves = entries.map((one, at) => leafHash(at === position ? entry : one));
  const sizes = checkpoints.map(({ size }) => size).filter((size) => size > position);
  return [
    [
      'UPDATE audit_entry SET entry = $1, leaf_hash = $2 WHERE position = $3',
      entry,
      leafHash(entry),
      position,
    ],
    ['DELETE FROM audit_checkpoint WHERE size > $1', position],
    ...sizes.map((size) => sign(size, subtreeRoot(leaves.slice(0, size)), signer)),
  ];
};

/** What a verifier finds with the public key alone. */
export const FOUND_BY_KEY = {
  'a bit of an entry': flipColumn('entry'),
  'a bit of a leaf hash': flipColumn('leaf_hash'),
  'a bit of a position': flipPosition,
  'a bit of a note': flipNote,
  'entries deleted': deleteEntries,
  'entries deleted and the gap closed': closeGap,
  'an entry inserted': insertEntry,
  'entries in another order': reorder,
  'an entry replaced with its hash': replaceEntry,
} satisfies Record<string, Tampering>;

/** What takes a checkpoint that somebody kept: whoever did it has the signing key, or left what it signed. */
export const FOUND_BY_KEPT_CHECKPOINT = {
  'the end cut off': truncate,
  'an older head signed again': signOldHead,
  'two heads': fork,
} satisfies Record<string, Tampering>;

/** Copies of what a note says, which no verifier reads: found by comparing them with it. */
export const FOUND_BESIDE_NOTE = {
  'a bit of a checkpoint’s size': flipCheckpointSize,
  'a bit of a checkpoint’s root': flipCheckpointRoot,
} satisfies Record<string, Tampering>;

function run(entries: readonly unknown[], random: SeededRandom): [from: number, end: number] {
  const from = random.below(entries.length);
  return [from, from + 1 + random.below(Math.min(entries.length - from, 5))];
}

function forged(random: SeededRandom): Uint8Array {
  return Buffer.from(`{"v":1,"action":"tests.forged","n":${random.below(2 ** 40)}}`);
}

function store(position: number, entry: Uint8Array): Change {
  const sql = 'INSERT INTO audit_entry (position, leaf_hash, entry) VALUES ($1, $2, $3)';
  return [sql, position, leafHash(entry), entry];
}

function cutAt(size: number): Change[] {
  return [
    ['DELETE FROM audit_entry WHERE position >= $1', size],
    ['DELETE FROM audit_checkpoint WHERE size > $1', size],
  ];
}

function sign(size: number, root: Uint8Array, signer: NoteSigner): Change {
  const sql = `INSERT INTO audit_checkpoint (size, root, note, signed_at) VALUES ($1, $2, $3, now())
    ON CONFLICT (size) DO UPDATE SET root = excluded.root, note = excluded.note`;
  return [sql, size, root, signCheckpoint({ size, root }, signer)];
}
