import { AuditLog, AuditReader, Checkpoints, NoCheckpointYet, NoteSigner } from '@integument/audit-log';
import { exportAuditLog, type ReplyOf, readCheckpoint } from '@integument/contracts';
import { UnitOfWork } from '@integument/database';
import { AskedBy, type Asker, by, download, Implements } from '@integument/http';
import { Controller, type StreamableFile } from '@nestjs/common';
import { noCheckpoint } from './audit-problems.js';
import { logExported } from './read-audits.js';

/** The log as a whole: for the verifier, and its newest signed checkpoint for everybody. */
@Controller()
export class AuditController {
  constructor(
    private readonly audit: AuditLog,
    private readonly reader: AuditReader,
    private readonly unitOfWork: UnitOfWork,
    private readonly checkpoints: Checkpoints,
    private readonly signer: NoteSigner,
  ) {}

  @Implements(exportAuditLog)
  async export(@AskedBy() asker: Asker): Promise<StreamableFile> {
    if (!(await this.reader.findCheckpoint())) throw noCheckpoint();
    await this.unitOfWork.single((tx) => this.audit.append(tx, logExported(by(asker))));
    return download(this.reader.exportNdjson(), { mediaType: 'application/x-ndjson' });
  }

  @Implements(readCheckpoint)
  async checkpoint(): Promise<ReplyOf<typeof readCheckpoint>> {
    const checkpoint = await this.checkpoints.findNewest();
    if (!checkpoint) throw noCheckpoint(new NoCheckpointYet());
    return { size: checkpoint.size, note: checkpoint.cosignedNote, key: this.signer.verifier.toString() };
  }
}
