import type { AuditPulse, Integrator } from '@integument/audit-log';
import type { OnModuleDestroy } from '@nestjs/common';
import type { AuditFollowers } from './audit-followers.js';
import type { StrangerCounts } from './stranger-counts.js';

/** What a process that answers requests does for its app's log besides writing to it. */
export class AuditDuties implements OnModuleDestroy {
  private started = false;

  constructor(
    private readonly integrator: Integrator,
    private readonly followers: AuditFollowers,
    private readonly pulse: AuditPulse,
    private readonly strangers: StrangerCounts,
  ) {}

  start(): void {
    this.started = true;
    this.integrator.start();
    this.followers.start();
    this.pulse.start();
    this.strangers.start();
  }

  /** After the last answer and before the database goes: what requests and the counts still wrote is signed by then. */
  async onModuleDestroy(): Promise<void> {
    if (!this.started) return;
    await this.followers.stop();
    await this.strangers.stop();
    await this.pulse.stop();
    await this.integrator.stop();
    // With the database away it waits for the next start.
    await this.integrator.integrate().catch(() => undefined);
  }
}
