import { EntryIndex, Follower, INDEX_FOLLOWER, type TreeReader } from '@integument/audit-log';
import type { UnitOfWork } from '@integument/database';
import type { HealthCheck } from '@integument/http';
import type { Logger } from '@integument/telemetry';
import { anchorCheck, anchorFollowers } from './anchor-followers.js';
import type { AnchorSettings } from './anchor-settings.js';

export interface FollowerDeps {
  readonly unitOfWork: UnitOfWork;
  readonly tree: TreeReader;
  readonly logger: Logger;
}

/** Everything of an app that follows its log in the background: the entry index, anchors, and what else is listed here. */
export class AuditFollowers {
  private constructor(
    private readonly followers: readonly Pick<Follower, 'start' | 'stop'>[],
    /** for readiness: fails while a place outside knows another history of the log */
    readonly check: HealthCheck,
  ) {}

  static of(settings: AnchorSettings, { unitOfWork, tree, logger }: FollowerDeps): AuditFollowers {
    const onError = (component: string, error: unknown) =>
      logger.error('an audit follower failed', { component, error });
    const anchors = anchorFollowers(settings, { unitOfWork, proofs: tree, onError });
    const index = new Follower({
      unitOfWork,
      name: INDEX_FOLLOWER,
      begin: 'first',
      follow: new EntryIndex(unitOfWork).follow,
      onError: (error) => onError(INDEX_FOLLOWER, error),
    });
    return new AuditFollowers([index, ...anchors], anchorCheck(anchors));
  }

  start(): void {
    for (const follower of this.followers) follower.start();
  }

  /** Resolves once each has ended what it was at, so that another process can go on at once. */
  async stop(): Promise<void> {
    await Promise.all(this.followers.map((follower) => follower.stop()));
  }
}
