import { Readable } from 'node:stream';
import { AuditLog, AuditReader, defineAction, NoCheckpointYet, NoteSigner } from '@integument/audit-log';
import {
  CodedError,
  exportAuditLog,
  type ReplyOf,
  readAuditEntries,
  readCheckpoint,
} from '@integument/contracts';
import { UnitOfWork } from '@integument/database';
import { AskedBy, type Asker, by, Implements, Input, type InputOf } from '@integument/http';
import { Controller, StreamableFile } from '@nestjs/common';

const entriesRead = defineAction('audit.entries');
const logExported = defineAction('audit.export');

/** What an auditor asks of either app's log. Reading it is an entry in it. */
@Controller()
export class AuditController {
  constructor(
    private readonly audit: AuditLog,
    private readonly reader: AuditReader,
    private readonly unitOfWork: UnitOfWork,
    private readonly signer: NoteSigner,
  ) {}

  @Implements(readAuditEntries)
  async entries(
    @AskedBy() asker: Asker,
    @Input() { query }: InputOf<typeof readAuditEntries>,
  ): Promise<ReplyOf<typeof readAuditEntries>> {
    const after = query.cursor === undefined ? null : Number(query.cursor);
    const page = await this.reader.page({ after, limit: query.limit });
    await this.unitOfWork.single((tx) =>
      this.audit.append(tx, entriesRead({ ...by(asker), count: page.entries.length })),
    );
    return {
      items: page.entries.map(({ position, entry }) => ({
        position,
        entry: entry as Record<string, unknown> | null,
      })),
      next: page.next === null ? null : String(page.next),
    };
  }

  @Implements(exportAuditLog)
  async export(@AskedBy() asker: Asker): Promise<StreamableFile> {
    if (!(await this.reader.findCheckpoint())) throw noCheckpoint();
    await this.unitOfWork.single((tx) => this.audit.append(tx, logExported(by(asker))));
    return new StreamableFile(Readable.from(this.reader.exportNdjson()), { type: 'application/x-ndjson' });
  }

  @Implements(readCheckpoint)
  async checkpoint(): Promise<ReplyOf<typeof readCheckpoint>> {
    const checkpoint = await this.reader.findCheckpoint();
    if (!checkpoint) throw noCheckpoint(new NoCheckpointYet());
    return { size: checkpoint.size, note: checkpoint.note, key: this.signer.verifier.toString() };
  }
}

const noCheckpoint = (cause?: unknown) =>
  new CodedError('audit.no_checkpoint', 503, 'The log has not been signed yet. Try again in a second.', {
    cause,
  });
