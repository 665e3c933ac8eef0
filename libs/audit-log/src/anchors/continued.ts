import { verifyConsistency } from '../core/index.js';
import { AnchorConflict, type AnchoredCheckpoint, type ProofSource } from './anchor.js';
import type { Checkpoints } from './checkpoints.js';

/** What an anchor compares with: the log as its database has it now. */
export interface Log {
  readonly checkpoints: Checkpoints;
  readonly proofs: ProofSource;
}

/**
 * Finds a checkpoint at least as large as the one that the place outside has. Another process may have put a larger one there than the
 * caller holds; only where the database has none so large has the log been rolled back.
 * @throws {AnchorConflict}
 */
export async function reaching(
  size: number,
  checkpoint: AnchoredCheckpoint,
  { checkpoints }: Log,
): Promise<AnchoredCheckpoint> {
  if (checkpoint.size >= size) return checkpoint;
  const newest = await checkpoints.findNewest();
  if (!newest || newest.size < size) throw new AnchorConflict('audit.rolled_back');
  return newest;
}

/**
 * Checks that a checkpoint continues an earlier one. The proof is verified here: a database that was tampered with may
 * hold any hashes.
 * @throws {AnchorConflict}
 */
export async function assertContinued(
  earlier: { size: number; root: Uint8Array },
  later: { size: number; root: Uint8Array },
  { proofs }: Log,
): Promise<void> {
  // Every log continues the empty one, and RFC 6962 has no proof of that.
  if (earlier.size === 0) return;
  const proof = earlier.size === later.size ? [] : await proofs.consistency(earlier.size, later.size);
  if (!verifyConsistency(earlier.size, later.size, proof, earlier.root, later.root)) {
    throw new AnchorConflict('audit.forked');
  }
}
