import type { Statement, UnitOfWork } from '@integument/database';
import { consistencyPath, subtreeRoot } from '../core/index.js';
import type { ProofSource } from './anchor.js';

const LEAVES: Statement = {
  name: 'test_leaf_hashes',
  text: 'SELECT leaf_hash FROM audit_entry WHERE position < $1::bigint ORDER BY position',
};

/** @returns the consistency proof of a history, from its leaf hashes */
export function proofOf(leaves: readonly Uint8Array[], from: number, to: number): Uint8Array[] {
  return consistencyPath(from, to).map(({ start, end }) => subtreeRoot(leaves.slice(start, end)));
}

/** Proofs from the stored leaf hashes, each time anew: right, and slow. */
export class LeafProofs implements ProofSource {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  async consistency(from: number, to: number): Promise<Uint8Array[]> {
    const rows = await this.unitOfWork.single((tx) => tx.query<{ leaf_hash: Buffer }>(LEAVES, [to]));
    return proofOf(
      rows.map(({ leaf_hash }) => leaf_hash),
      from,
      to,
    );
  }
}
