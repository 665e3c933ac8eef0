import {
  type AuditLog,
  alertsFollower,
  EntryIndex,
  Follower,
  INDEX_FOLLOWER,
  siemFollowers,
  type TreeReader,
} from '@integument/audit-log';
import type { UnitOfWork } from '@integument/database';
import type { HealthCheck } from '@integument/http';
import type { Logger } from '@integument/telemetry';
import { anchorCheck, anchorFollowers } from './anchor-followers.js';
import { siemSettings } from './feed-settings.js';
import type { LogSettings } from './log-settings.js';

export interface FollowerDeps {
  readonly unitOfWork: UnitOfWork;
  readonly tree: TreeReader;
  readonly audit: AuditLog;
  readonly logger: Logger;
  /** name of the log */
  readonly origin: string;
}

/** Everything of an app that follows its log in the background: index, alerts, anchors, feeds to other systems. */
export class AuditFollowers {
  private constructor(
    private readonly followers: readonly Pick<Follower, 'start' | 'stop'>[],
    /** for readiness: fails while the anchor file knows another history of the log */
    readonly check: HealthCheck,
  ) {}

  static of(
    settings: LogSettings,
    { unitOfWork, tree, audit, logger, origin }: FollowerDeps,
  ): AuditFollowers {
    const onError = (component: string) => (error: unknown) =>
      logger.error('an audit follower failed', { component, error });
    const anchors = anchorFollowers(settings, {
      unitOfWork,
      proofs: tree,
      onError: (name, error) => onError(name)(error),
    });
    const onAlert = ({ rule }: { readonly rule: string }) => logger.warn('audit alert', { code: rule });
    return new AuditFollowers(
      [
        index(unitOfWork, onError(INDEX_FOLLOWER)),
        alertsFollower({ unitOfWork, audit, onError: onError('alerts'), onAlert }),
        ...siemFollowers(siemSettings(settings), { unitOfWork, origin, onError: onError('siem') }),
        ...anchors,
      ],
      anchorCheck(anchors),
    );
  }

  start(): void {
    for (const follower of this.followers) follower.start();
  }

  /** Resolves once each has ended what it was at, so that another process can go on at once. */
  async stop(): Promise<void> {
    await Promise.all(this.followers.map((follower) => follower.stop()));
  }
}

function index(unitOfWork: UnitOfWork, onError: (error: unknown) => void): Follower {
  const { follow } = new EntryIndex(unitOfWork);
  return new Follower({ unitOfWork, name: INDEX_FOLLOWER, begin: 'first', follow, onError });
}
