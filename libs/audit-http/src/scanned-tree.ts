import {
  consistencyPath,
  formatBundle,
  inclusionPath,
  type Range,
  subtreeRoot,
  TILE_WIDTH,
} from '@integument/audit-log';
import type { UnitOfWork } from '@integument/database';
import { ProofSource } from './proof-source.js';

const RUN_LENGTH = 10_000;

/** Proofs by hashing all leaves anew: right, and slow in a long log. */
export class ScannedTree extends ProofSource {
  constructor(private readonly unitOfWork: UnitOfWork) {
    super();
  }

  inclusion(position: number, size: number): Promise<Uint8Array[]> {
    return Promise.all(inclusionPath(position, size).map((range) => this.root(range)));
  }

  consistency(from: number, to: number): Promise<Uint8Array[]> {
    return Promise.all(consistencyPath(from, to).map((range) => this.root(range)));
  }

  async hashTile(level: number, index: number, width: number): Promise<Uint8Array> {
    const span = TILE_WIDTH ** level;
    const starts = Array.from({ length: width }, (_, n) => (index * TILE_WIDTH + n) * span);
    return Buffer.concat(await Promise.all(starts.map((start) => this.root({ start, end: start + span }))));
  }

  async bundle(index: number, width: number): Promise<Uint8Array> {
    const start = index * TILE_WIDTH;
    const rows = await this.rows<{ entry: Buffer }>('entry', { start, end: start + width });
    return formatBundle(rows.map(({ entry }) => entry));
  }

  private async root({ start, end }: Range): Promise<Uint8Array> {
    const leaves: Buffer[] = [];
    for (let at = start; at < end; at += RUN_LENGTH) {
      const run = { start: at, end: Math.min(at + RUN_LENGTH, end) };
      const rows = await this.rows<{ leaf_hash: Buffer }>('leaf_hash', run);
      leaves.push(...rows.map(({ leaf_hash }) => leaf_hash));
    }
    return subtreeRoot(leaves);
  }

  private rows<Row>(column: 'entry' | 'leaf_hash', { start, end }: Range): Promise<Row[]> {
    const text = `SELECT ${column} FROM audit_entry WHERE position >= $1::bigint AND position < $2::bigint ORDER BY position`;
    return this.unitOfWork.single((tx) => tx.query<Row>(text, [start, end]));
  }
}
