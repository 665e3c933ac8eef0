import {
  AuditLog,
  AuditReader,
  Checkpoints,
  parseTilePath,
  TILE_WIDTH,
  type TileName,
  TreeReader,
  tileWidth,
} from '@integument/audit-log';
import { readTlogCheckpoint, readTlogTile } from '@integument/contracts';
import { UnitOfWork } from '@integument/database';
import { Answer, AskedBy, type Asker, by, download, Implements, Input, type InputOf } from '@integument/http';
import { Controller, type StreamableFile } from '@nestjs/common';
import { noCheckpoint, noTile, treeProblem } from './audit-problems.js';
import { bundleRead } from './read-audits.js';

const OCTETS = { mediaType: 'application/octet-stream' };
// Private: who may read the log's tree is decided for each caller, so no cache between may answer for us.
const FOREVER = { 'cache-control': 'private, max-age=31536000, immutable' };

/** The log as C2SP tlog-tiles has it: for mirrors and other people's verifiers. */
@Controller()
export class AuditTlogController {
  constructor(
    private readonly audit: AuditLog,
    private readonly reader: AuditReader,
    private readonly checkpoints: Checkpoints,
    private readonly proofs: TreeReader,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Implements(readTlogCheckpoint)
  async checkpoint(): Promise<StreamableFile> {
    const checkpoint = await this.checkpoints.findNewest();
    if (!checkpoint) throw noCheckpoint();
    return download(checkpoint.cosignedNote, { mediaType: 'text/plain; charset=utf-8' });
  }

  @Implements(readTlogTile)
  async tile(
    @AskedBy() asker: Asker,
    @Input() { params }: InputOf<typeof readTlogTile>,
  ): Promise<StreamableFile | Answer<StreamableFile>> {
    const name = await this.existing(params['*']);
    const { level, index, width } = name;
    if (level === 'entries') return this.bundle(asker, index, width);
    const hashes = download(await this.proofs.hashTile(level, index, width).catch(absent), OCTETS);
    // A partial tile is final, too, but nobody asks for it again once it is full.
    return width === TILE_WIDTH ? Answer.of(hashes, { headers: FOREVER }) : hashes;
  }

  /** Entries are read here, so it is on record, and they stay in no cache. */
  private async bundle(asker: Asker, index: number, width: number): Promise<StreamableFile> {
    const bytes = await this.proofs.bundle(index, width).catch(absent);
    await this.unitOfWork.single((tx) =>
      this.audit.append(tx, bundleRead({ ...by(asker), count: width, details: { index, width } })),
    );
    return download(bytes, OCTETS);
  }

  private async existing(path: string): Promise<TileName> {
    const checkpoint = await this.reader.findCheckpoint();
    if (!checkpoint) throw noCheckpoint();
    const name = parse(path);
    const level = name.level === 'entries' ? 0 : name.level;
    if (name.width > tileWidth(level, name.index, checkpoint.size)) throw noTile();
    return name;
  }
}

function parse(path: string): TileName {
  try {
    return parseTilePath(`tile/${path}`);
  } catch (cause) {
    throw noTile(cause);
  }
}

const absent = (error: unknown) => treeProblem(error, noTile);
