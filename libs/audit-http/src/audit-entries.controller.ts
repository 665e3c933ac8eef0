import { AuditLog, type EntryFilter, EntryQuery, NoteSigner, parseCursor } from '@integument/audit-log';
import {
  type EntryFilterQuery,
  type ReplyOf,
  readAuditEntries,
  streamAuditEntries,
} from '@integument/contracts';
import { UnitOfWork } from '@integument/database';
import { AskedBy, type Asker, by, download, Implements, Input, type InputOf } from '@integument/http';
import { Controller, type StreamableFile } from '@nestjs/common';
import { noCheckpoint, queryProblem } from './audit-problems.js';
import { ENTRY_FORMATS, type EntryFormat } from './entry-formats.js';
import { entriesRead, entriesStreamed, saidOf } from './read-audits.js';

/** Who did what, to whom and why: what an auditor looks for in either app's log. */
@Controller()
export class AuditEntriesController {
  constructor(
    private readonly audit: AuditLog,
    private readonly query: EntryQuery,
    private readonly unitOfWork: UnitOfWork,
    private readonly signer: NoteSigner,
  ) {}

  @Implements(readAuditEntries)
  async entries(
    @AskedBy() asker: Asker,
    @Input() { query: { cursor, limit, ...filter } }: InputOf<typeof readAuditEntries>,
  ): Promise<ReplyOf<typeof readAuditEntries>> {
    const found = await this.query.page(toFilter(filter), { cursor, limit }).catch(queryProblem);
    if (!found) throw noCheckpoint();
    const { size, entries, next } = found;
    const after = cursor === undefined ? undefined : parseCursor(cursor).position;
    const details = { ...saidOf(filter, entries.length > 0), size, after, limit };
    await this.unitOfWork.single((tx) =>
      this.audit.append(tx, entriesRead({ ...by(asker), count: entries.length, details })),
    );
    const items = entries.map(({ position, entry }) => ({ position, entry: parse(entry) }));
    return { size, items, next };
  }

  @Implements(streamAuditEntries)
  async stream(
    @AskedBy() asker: Asker,
    @Input() { query: { format, ...filter } }: InputOf<typeof streamAuditEntries>,
  ): Promise<StreamableFile> {
    const first = await this.query.page(toFilter(filter), { limit: 1 }).catch(queryProblem);
    if (!first) throw noCheckpoint();
    const { size } = first;
    const details = { ...saidOf(filter, first.entries.length > 0), size, format };
    await this.unitOfWork.single((tx) => this.audit.append(tx, entriesStreamed({ ...by(asker), details })));
    const { mediaType, extension } = ENTRY_FORMATS[format];
    const name = `${this.signer.name}-entries-of-${size}.${extension}`;
    return download(this.written(ENTRY_FORMATS[format], toFilter(filter), size), { mediaType, name });
  }

  private async *written(format: EntryFormat, filter: EntryFilter, size: number): AsyncGenerator<string> {
    if (format.head !== '') yield format.head;
    for await (const entries of this.query.all(filter, size)) yield format.write(entries, this.signer.name);
  }
}

function toFilter({ from, to, ...equal }: EntryFilterQuery): EntryFilter {
  return { ...equal, from: from ? new Date(from) : undefined, to: to ? new Date(to) : undefined };
}

/** Null: the stored bytes are no JSON object, which the app never writes. */
function parse(bytes: Buffer): Record<string, unknown> | null {
  try {
    const value = JSON.parse(bytes.toString('utf8')) as unknown;
    return typeof value === 'object' && !Array.isArray(value)
      ? (value as Record<string, unknown> | null)
      : null;
  } catch {
    return null;
  }
}
