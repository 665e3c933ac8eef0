import { AuditLog, AuditReader, HASH_BYTES, TILE_WIDTH, TreeReader, tileWidth } from '@integument/audit-log';
import { proveConsistency, proveInclusion, type ReplyOf } from '@integument/contracts';
import { UnitOfWork } from '@integument/database';
import { AskedBy, type Asker, by, Implements, Input, type InputOf } from '@integument/http';
import { Controller } from '@nestjs/common';
import { beyondLog, noCheckpoint, treeProblem } from './audit-problems.js';
import { consistencyProved, inclusionProved } from './read-audits.js';

/** Proofs for single entries and between sizes. They are checked against signed checkpoints, never against this app. */
@Controller()
export class AuditProofsController {
  constructor(
    private readonly audit: AuditLog,
    private readonly reader: AuditReader,
    private readonly proofs: TreeReader,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Implements(proveInclusion)
  async inclusion(
    @AskedBy() asker: Asker,
    @Input() { query: { position, size } }: InputOf<typeof proveInclusion>,
  ): Promise<ReplyOf<typeof proveInclusion>> {
    await this.assertGrownTo(size);
    const hashes = await this.proofs.inclusion(position, size).catch(absent);
    const leaf = await this.leaf(position, size);
    await this.unitOfWork.single((tx) =>
      this.audit.append(tx, inclusionProved({ ...by(asker), details: { position, size } })),
    );
    return { position, size, leaf: base64(leaf), hashes: hashes.map(base64) };
  }

  @Implements(proveConsistency)
  async consistency(
    @AskedBy() asker: Asker,
    @Input() { query: { from, to } }: InputOf<typeof proveConsistency>,
  ): Promise<ReplyOf<typeof proveConsistency>> {
    await this.assertGrownTo(to);
    const hashes = await this.proofs.consistency(from, to).catch(absent);
    await this.unitOfWork.single((tx) =>
      this.audit.append(tx, consistencyProved({ ...by(asker), details: { from, to } })),
    );
    return { from, to, hashes: hashes.map(base64) };
  }

  private async assertGrownTo(size: number): Promise<void> {
    const checkpoint = await this.reader.findCheckpoint();
    if (!checkpoint) throw noCheckpoint();
    if (size > checkpoint.size) throw beyondLog();
  }

  /** From the tree and not from the entry, which may be in the archive. */
  private async leaf(position: number, size: number): Promise<Uint8Array> {
    const index = Math.floor(position / TILE_WIDTH);
    const tile = await this.proofs.hashTile(0, index, tileWidth(0, index, size)).catch(absent);
    const start = (position - index * TILE_WIDTH) * HASH_BYTES;
    return tile.subarray(start, start + HASH_BYTES);
  }
}

const absent = (error: unknown) => treeProblem(error, beyondLog);
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
