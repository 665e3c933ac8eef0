import type { UnitOfWork } from '@integument/database';
import { z } from 'zod';
import {
  type Checkpoint,
  HASH_BYTES,
  leafHash,
  type NoteSigner,
  openCheckpoint,
  parseBundle,
  parseHashes,
  signCheckpoint,
  subtreeRoot,
  TILE_WIDTH,
  verifyConsistency,
} from '../core/index.js';
import { defineAction } from '../entry.js';
import type { Actor } from '../facts.js';
import { AuditLog } from '../sql/audit-log.js';
import { AuditLogInconsistent } from '../sql/continuity.js';
import { TreeReader } from '../sql/tree-reader.js';
import {
  type ArchivedHead,
  type ArchiveState,
  findArchive,
  forgetIndex,
  newestArchive,
  readState,
  recordArchive,
  removeBundles,
  signedBefore,
} from './archive-store.js';
import { ArchiveDamaged, TileFolder } from './tile-folder.js';
import { UpperTiles } from './upper-tiles.js';

export interface ArchiveOptions {
  readonly unitOfWork: UnitOfWork;
  /** the log's key */
  readonly signer: NoteSigner;
  /** where earlier archives of this log are, if there are any */
  readonly folder: string;
  /** a position: entries before it; a time: entries that were under a checkpoint before it */
  readonly before: number | Date;
  /** who archives */
  readonly actor: Actor;
  readonly clock?: () => Date;
}

/** What one run has archived: entries from `from` up to but without `to`; none if they are equal. */
export interface ArchiveReport {
  readonly from: number;
  readonly to: number;
  /** the background reader of the log that has come least far, if less went than was asked for because of it */
  readonly heldBackBy: Holder | null;
}

/** A follower, and how many entries it has done with. */
export interface Holder {
  readonly name: string;
  readonly position: number;
}

/** The folder is not the one that this log's earlier entries are in. */
export class ArchiveElsewhere extends Error {
  override readonly name = 'ArchiveElsewhere';
  readonly code = 'audit.archive_elsewhere';
}

const logArchived = defineAction('audit.archive', z.object({ from: z.int(), to: z.int() }));

/** Bundles that leave the database in one transaction: 16,384 entries. */
const STEP = 64;

/**
 * Moves old entries out of the database into a folder of C2SP tlog-tiles with a signed checkpoint. Whole bundles of 256 that a
 * signed checkpoint covers and all followers have passed. Their leaf hashes stay, so every proof still holds.
 *
 * In this order, so that after a crash at any step the next run ends what this one began: files, each read back; then
 * the new checkpoint and the entry that says so, in one transaction; then the checkpoint's file; then, some bundles at a time, the
 * entries leave, each hashed once more from its file.
 * @throws {AuditLogInconsistent} if the entries are not those that were signed: nothing is archived
 * @throws {ArchiveElsewhere | ArchiveDamaged} nothing more leaves the database
 */
export async function archiveEntries(options: ArchiveOptions): Promise<ArchiveReport> {
  const state = await options.unitOfWork.single(readState);
  if (!state) return { from: 0, to: 0, heldBackBy: null };
  const { to, heldBackBy } = await reach(options, state);
  if (to === state.removed) return { from: to, to, heldBackBy };
  await new Archiving(options, state, to).run();
  return { from: state.removed, to, heldBackBy };
}

async function reach({ before, unitOfWork }: ArchiveOptions, state: ArchiveState) {
  const asked = before instanceof Date ? await unitOfWork.single((tx) => signedBefore(tx, before)) : before;
  const wanted = Math.min(asked, state.signed.size);
  const size = Math.floor(Math.min(wanted, state.followed) / TILE_WIDTH) * TILE_WIDTH;
  // What an earlier run has promised is ended in any case.
  return { to: Math.max(size, state.archived), heldBackBy: holderBefore(wanted, state) };
}

function holderBefore(wanted: number, { followed, follower }: ArchiveState): Holder | null {
  return follower !== null && followed < wanted ? { name: follower, position: followed } : null;
}

class Archiving {
  private readonly folder: TileFolder;
  private readonly tree: TreeReader;
  private readonly bundles: number;
  private readonly removed: number;
  /** roots of all bundles, from the first of the log */
  private readonly roots: Uint8Array[] = [];

  constructor(
    private readonly options: ArchiveOptions,
    private readonly state: ArchiveState,
    private readonly size: number,
  ) {
    this.folder = new TileFolder(options.folder);
    this.tree = new TreeReader(options.unitOfWork);
    this.bundles = size / TILE_WIDTH;
    this.removed = state.removed / TILE_WIDTH;
  }

  async run(): Promise<void> {
    await this.assertFolder();
    await this.readEarlierRoots();
    for (let index = this.removed; index < this.bundles; index++) await this.writeBundle(index);
    await new UpperTiles(this.roots).write(this.folder, this.state.removed);
    await this.folder.sync();
    await this.assertSigned();
    await this.folder.writeCheckpoint(await this.record());
    for (let index = this.removed; index < this.bundles; index += STEP) await this.remove(index);
    // What entries are found by says who, whom and why, too. Once a run: the index is kept by time, so this reads all of it.
    await this.options.unitOfWork.single((tx) => forgetIndex(tx, this.bundles * TILE_WIDTH));
  }

  /** A folder of another log, or one that lacks the entries before, would leave the archive in pieces. */
  private async assertFolder(): Promise<void> {
    const found = await this.folder.findCheckpoint();
    if (found === null && this.removed === 0) return;
    const own = await this.options.unitOfWork.single((tx) => findArchive(tx, found ?? ''));
    if (own && own.size >= this.state.removed) return;
    throw new ArchiveElsewhere('the folder does not hold the archive of this log');
  }

  private async readEarlierRoots(): Promise<void> {
    for (let index = 0; index * TILE_WIDTH < this.removed; index++) {
      const width = Math.min(TILE_WIDTH, this.removed - index * TILE_WIDTH);
      this.roots.push(...parseHashes(await this.tree.hashTile(1, index, width), width));
    }
  }

  private async writeBundle(index: number): Promise<void> {
    const bytes = await this.tree.bundle(index, TILE_WIDTH);
    const leaves = hashBundle(bytes);
    if (!Buffer.from(await this.tree.hashTile(0, index, TILE_WIDTH)).equals(leaves)) {
      throw new AuditLogInconsistent(`an entry of bundle ${index} is not the one that was hashed`);
    }
    await this.folder.write({ level: 'entries', index, width: TILE_WIDTH }, bytes);
    await this.folder.write({ level: 0, index, width: TILE_WIDTH }, leaves);
    this.roots.push(subtreeRoot(parseHashes(leaves, TILE_WIDTH)));
  }

  /** Nothing is signed that isn't the beginning of what was signed before: that also says that each root here is right. */
  private async assertSigned(): Promise<void> {
    const signed = this.openSigned();
    const proof = await this.tree.consistency(this.size, signed.size);
    if (verifyConsistency(this.size, signed.size, proof, subtreeRoot(this.roots), signed.root)) return;
    throw new AuditLogInconsistent('the entries are not those that were signed');
  }

  private openSigned(): Checkpoint {
    try {
      return openCheckpoint(this.state.signed.note, this.options.signer.verifier);
    } catch (cause) {
      throw new AuditLogInconsistent('the newest checkpoint is not signed by the key of this log', { cause });
    }
  }

  /** @returns the newest archive's note: an earlier run's, if that was killed behind this step */
  private async record(): Promise<string> {
    const { unitOfWork, signer, actor, clock = () => new Date() } = this.options;
    const root = Buffer.from(subtreeRoot(this.roots));
    const last = await unitOfWork.single(newestArchive);
    if (last && last.size >= this.size) return this.sameAs(last, root).note;
    const head = { size: this.size, root, note: signCheckpoint({ size: this.size, root }, signer) };
    const details = { from: last?.size ?? 0, to: this.size };
    await unitOfWork.run(async (tx) => {
      await recordArchive(tx, head, clock());
      await new AuditLog(clock).append(tx, logArchived({ outcome: 'done', actor, details }));
    });
    return head.note;
  }

  private sameAs(head: ArchivedHead, root: Buffer): ArchivedHead {
    if (head.size === this.size && !head.root.equals(root)) {
      throw new AuditLogInconsistent('the archive was signed with another root');
    }
    return head;
  }

  private async remove(first: number): Promise<void> {
    const tiles: Buffer[] = [];
    for (let index = first; index < Math.min(first + STEP, this.bundles); index++) {
      tiles.push(await this.readBack(index));
    }
    await this.options.unitOfWork.run(async (tx) => {
      const gone = await removeBundles(tx, first, tiles);
      if (gone !== tiles.length * TILE_WIDTH) throw new AuditLogInconsistent('entries were missing');
    });
  }

  /** @returns a bundle's leaf hashes, from its file; they lead to the root that was signed */
  private async readBack(index: number): Promise<Buffer> {
    const leaves = hashBundle(await this.folder.read({ level: 'entries', index, width: TILE_WIDTH }));
    const kept = await this.folder.read({ level: 0, index, width: TILE_WIDTH });
    const root = Buffer.from(subtreeRoot(parseHashes(leaves, TILE_WIDTH)));
    if (!kept.equals(leaves) || !root.equals(this.roots[index] as Uint8Array)) {
      throw new ArchiveDamaged('a bundle of the archive is not what was written');
    }
    return leaves;
  }
}

function hashBundle(bytes: Uint8Array): Buffer {
  const hashes = parseBundle(bytes, TILE_WIDTH).map(leafHash);
  return Buffer.concat(hashes, TILE_WIDTH * HASH_BYTES);
}
