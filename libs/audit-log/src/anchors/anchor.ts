import type { CosignedCheckpoint } from './checkpoints.js';

/** The head of the log that is put somewhere outside its database. */
export type AnchoredCheckpoint = Pick<CosignedCheckpoint, 'size' | 'root' | 'note'>;

/**
 * A place outside the database that remembers checkpoints. Whoever can rewrite the database, or restores an old one, can't rewrite what
 * stands there.
 */
export interface Anchor {
  readonly name: string;
  /**
   * Puts a checkpoint there. Called again with the same one after a crash or a lost answer: nothing may come of that.
   * Resolves once the place has it for good.
   * @throws {AnchorConflict} where what is there already can't be a beginning of this log
   * @throws {AnchorRefused} or an I/O error, where it is only out of order for now
   */
  anchor(checkpoint: AnchoredCheckpoint, signal: AbortSignal): Promise<void>;
}

/** Where consistency proofs of this log come from. */
export interface ProofSource {
  /** @returns RFC 6962 proof that the tree of `from` entries is the beginning of the one of `to`; 0 < from ≤ to */
  consistency(from: number, to: number): Promise<Uint8Array[]>;
}

export type ConflictCode = 'audit.rolled_back' | 'audit.forked' | 'audit.anchor_changed';

const MESSAGES: Readonly<Record<ConflictCode, string>> = {
  'audit.rolled_back': 'the place outside knows a longer log than the database has',
  'audit.forked': 'the log does not continue the one that the place outside knows',
  'audit.anchor_changed': 'the place outside no longer has what was put there',
};

/** The alarm: the log's history is not the one that was shown before. Never goes away by trying again. */
export class AnchorConflict extends Error {
  override readonly name = 'AnchorConflict';
  constructor(
    readonly code: ConflictCode,
    options?: ErrorOptions,
  ) {
    super(MESSAGES[code], options);
  }
}

/** The place outside did not take a checkpoint, for a reason that says nothing about the log. Worth trying again. */
export class AnchorRefused extends Error {
  override readonly name = 'AnchorRefused';
  readonly code = 'audit.anchor_refused';
}
