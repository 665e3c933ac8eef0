import { AuditLog, AuditReader, Follower } from '@integument/audit-log';
import { type ReplyOf, readAuditFeeds } from '@integument/contracts';
import { UnitOfWork } from '@integument/database';
import { AskedBy, type Asker, by, Implements } from '@integument/http';
import { Controller } from '@nestjs/common';
import { noCheckpoint } from './audit-problems.js';
import { feedsRead } from './read-audits.js';

/** Whether what reads the log in the background keeps up: an alert or a feed that stands still must not go unnoticed. */
@Controller()
export class AuditFeedsController {
  constructor(
    private readonly audit: AuditLog,
    private readonly reader: AuditReader,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Implements(readAuditFeeds)
  async feeds(@AskedBy() asker: Asker): Promise<ReplyOf<typeof readAuditFeeds>> {
    // The feeds first: none is ahead of a log that is read after them.
    const states = await Follower.states(this.unitOfWork);
    const checkpoint = await this.reader.findCheckpoint();
    if (!checkpoint) throw noCheckpoint();
    const { size } = checkpoint;
    await this.unitOfWork.single((tx) =>
      this.audit.append(tx, feedsRead({ ...by(asker), count: states.length })),
    );
    const feeds = states.map(({ failingSince, ...state }) => ({
      ...state,
      behind: size - state.position,
      failingSince: failingSince?.toISOString() ?? null,
    }));
    return { size, feeds };
  }
}
