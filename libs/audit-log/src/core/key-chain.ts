import { type Checkpoint, CheckpointInvalid, handsOver, openCheckpoint } from './checkpoint.js';
import type { ExportKey } from './export-format.js';
import { Fault } from './fault.js';
import { NoteInvalid } from './note.js';
import { NoteKeyInvalid, NoteVerifier } from './note-key.js';
import { fromUtf8, sha256, toHex, toUtf8 } from './primitives.js';

/**
 * The keys by which a log was signed one after the other.
 *
 * Where a key is replaced the log appends an entry `audit.rotate_key`, which names the old key and the new one, and the checkpoint whose last
 * entry it is is signed by both. So whoever trusts one of the keys trusts the next: the old one vouches for the new. And the one
 * before: the new one has signed the whole history up to there. From that checkpoint on the old key alone
 * confirms nothing, since it may be retired because it was stolen.
 */
export class KeyChain {
  private constructor(
    private readonly keys: readonly InForce[],
    /** where one key followed another, in order */
    readonly links: readonly KeyLink[],
    /** size from which what is signed is confirmed as soon as it is read: before it a key signs that is only vouched for there */
    readonly confirmsFrom: number,
  ) {}

  /** The chain of a log that has always had the same key. */
  static single(verifier: NoteVerifier): KeyChain {
    return new KeyChain([{ verifier, from: 0 }], [], 0);
  }

  /**
   * Follows the chain, checking every signature that links it.
   * @param named the keys as the export names them, oldest first
   * @param trusted one of them
   * @throws {Fault}
   */
  static follow(named: readonly ExportKey[], trusted: NoteVerifier): KeyChain {
    if (named.length === 0) return KeyChain.single(trusted);
    const keys = named.map((key) => readKey(key, trusted.name));
    const at = keys.findIndex(({ verifier }) => verifier.toString() === trusted.toString());
    if (at < 0) throw new Fault('chain.untrusted', 'the key is none of the keys of this log', null);
    const links = keys.slice(1).map((to, before) => {
      return openLink(keys[before] as InForce, to, named[before + 1]?.note);
    });
    if (keys[0]?.from !== 0 || named[0]?.note !== undefined) throw unlinked();
    return new KeyChain(keys, links, keys[at]?.from ?? 0);
  }

  get length(): number {
    return this.keys.length;
  }

  /** The newest key of the chain, and from which size it signs. */
  get last(): InForce {
    return this.keys.at(-1) as InForce;
  }

  /**
   * Reads a checkpoint that is signed by the key in force at its size, or by a later
   * key: an archive's checkpoint is of an old size and signed by the key of its time, which has taken on the whole history.
   * @param refuse makes the fault to throw, of a code and a message
   */
  open(note: string, refuse: (code: 'signature' | 'retired_key', message: string) => Fault): Checkpoint {
    const opened = this.keys.map(({ verifier }) => tryOpen(note, verifier));
    const checkpoint = opened.find((one) => one !== undefined);
    if (!checkpoint) throw refuse('signature', 'is not signed by the key for this log');
    const at = this.keys.findLastIndex(({ from }) => from <= checkpoint.size);
    const before = this.keys[at - 1]?.verifier;
    const inForce = this.keys[at]?.verifier;
    // Signed by both, or not at all: a line of one of them that was changed would else pass for some witness's.
    if (before && inForce && opened[at] && !opened[at - 1] && handsOver(note, inForce, inForce)) {
      throw refuse('signature', 'is not signed by both keys, where one follows the other');
    }
    if (opened.slice(at).some((one) => one)) return checkpoint;
    throw refuse('retired_key', 'is signed by a key replaced before');
  }
}

/** A key, and the size from which it signs. */
export interface InForce {
  readonly verifier: NoteVerifier;
  readonly from: number;
}

/** The checkpoint at which one key follows another. */
export interface KeyLink {
  readonly size: number;
  readonly root: Uint8Array;
  readonly note: string;
  readonly from: NoteVerifier;
  readonly to: NoteVerifier;
}

/** Action of the entry that a change of keys appends. */
export const ROTATE_KEY = 'audit.rotate_key';

/** Names a key in an entry: the first 32 hex digits of SHA-256 of its vkey. */
export function keyDigest(verifier: NoteVerifier): string {
  return toHex(sha256(toUtf8(verifier.toString()))).slice(0, 32);
}

/** The details of the entry {@link ROTATE_KEY}. */
export function rotationDetails(from: NoteVerifier, to: NoteVerifier): { from: string; to: string } {
  return { from: keyDigest(from), to: keyDigest(to) };
}

/** Whether an entry is the one that a change of these keys appends. */
export function isRotation(entry: Uint8Array | undefined, { from, to }: KeyLink): boolean {
  try {
    const { action, details } = JSON.parse(fromUtf8(entry ?? new Uint8Array())) as {
      action?: unknown;
      details?: { from?: unknown; to?: unknown };
    };
    return action === ROTATE_KEY && details?.from === keyDigest(from) && details.to === keyDigest(to);
  } catch {
    return false;
  }
}

function readKey({ vkey, from }: ExportKey, origin: string): InForce {
  try {
    const verifier = NoteVerifier.parse(vkey);
    if (verifier.name === origin) return { verifier, from };
  } catch (error) {
    if (!(error instanceof NoteKeyInvalid)) throw error;
  }
  throw unlinked();
}

function openLink(before: InForce, { verifier, from }: InForce, note = ''): KeyLink {
  const checkpoint = tryOpen(note, before.verifier);
  const isSame = before.verifier.toString() === verifier.toString();
  if (!checkpoint || !tryOpen(note, verifier) || isSame) throw unlinked();
  // Signed by both is not enough: the old key signs every head, and anybody can add a line of their own key to a note.
  if (!handsOver(note, before.verifier, verifier)) throw unlinked();
  if (checkpoint.size !== from || from <= before.from) throw unlinked();
  return { size: from, root: checkpoint.root, note, from: before.verifier, to: verifier };
}

function tryOpen(note: string, verifier: NoteVerifier): Checkpoint | undefined {
  try {
    return openCheckpoint(note, verifier);
  } catch (error) {
    if (error instanceof NoteInvalid || error instanceof CheckpointInvalid) return undefined;
    throw error;
  }
}

function unlinked(): Fault {
  return new Fault(
    'chain.unlinked',
    'no checkpoint signed by both keys leads from one of the log’s keys to the next',
    null,
  );
}
