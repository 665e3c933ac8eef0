import type { AuditPulse, Integrator } from '@integument/audit-log';
import type { AuditFollowers } from './audit-followers.js';
import type { StrangerCounts } from './stranger-counts.js';

/** What a process that answers requests does for its app's log besides writing to it. */
export class AuditDuties {
  constructor(
    private readonly integrator: Integrator,
    private readonly followers: AuditFollowers,
    private readonly pulse: AuditPulse,
    private readonly strangers: StrangerCounts,
  ) {}

  start(): void {
    this.integrator.start();
    this.followers.start();
    this.pulse.start();
    this.strangers.start();
  }

  /** The integrator last: what the others still write is signed before the next start. */
  async close(): Promise<void> {
    await this.followers.stop();
    await this.strangers.stop();
    await this.pulse.stop();
    await this.integrator.stop();
  }
}
