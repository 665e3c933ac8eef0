import type { Follower } from '@integument/audit-log';

/** Everything of an app that follows its log in the background: the entry index, and what else the providers list. */
export class AuditFollowers {
  constructor(private readonly followers: readonly Pick<Follower, 'start' | 'stop'>[]) {}

  start(): void {
    for (const follower of this.followers) follower.start();
  }

  /** Resolves once each has ended what it was at, so that another process can go on at once. */
  async stop(): Promise<void> {
    await Promise.all(this.followers.map((follower) => follower.stop()));
  }
}
