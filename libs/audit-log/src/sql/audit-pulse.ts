import { setTimeout as sleep } from 'node:timers/promises';
import type { Statement, UnitOfWork } from '@integument/database';

// The newest checkpoint's size, and whether anything waits to be signed.
const LOOK: Statement = {
  name: 'audit_pulse',
  text: `
  SELECT EXISTS (SELECT FROM audit_staging) AS waiting,
         (SELECT size FROM audit_checkpoint ORDER BY size DESC LIMIT 1) AS size`,
};

const POLL_MS = 1_000;

export interface AuditPulseOptions {
  readonly unitOfWork: UnitOfWork;
  /** milliseconds that entries may wait while nothing is signed */
  readonly patienceMs: number;
  /** told when the log stops being signed, and when it is again */
  readonly onChange: (stalled: boolean) => void;
  /** milliseconds of a clock that never goes back */
  readonly now?: () => number;
}

/**
 * Watches whether the log is still being signed. An entry that waits unsigned can be changed unseen by whoever writes to
 * the database: a missing or wrong key must end in refusals, not in a log that only looks kept. Any process may ask,
 * whichever of them signs.
 */
export class AuditPulse {
  private readonly now: () => number;
  private waitingSince: { at: number; size: string | null } | undefined;
  private stalled = false;
  private running: { stop: AbortController; ended: Promise<void> } | undefined;

  constructor(private readonly options: AuditPulseOptions) {
    this.now = options.now ?? (() => performance.now());
  }

  /** Whether entries have waited beyond patience: then nothing that needs one may happen. */
  readonly isStalled = (): boolean => this.stalled;

  start(): void {
    if (this.running) return;
    const stop = new AbortController();
    this.running = { stop, ended: this.loop(stop.signal) };
  }

  async stop(): Promise<void> {
    this.running?.stop.abort();
    await this.running?.ended;
    this.running = undefined;
  }

  /** Looks once. With the database away it says nothing: then no entry can be written anyway. */
  async look(): Promise<void> {
    type Row = { waiting: boolean; size: string | null };
    const [row] = await this.options.unitOfWork.single((tx) => tx.query<Row>(LOOK));
    if (!row?.waiting) this.waitingSince = undefined;
    else if (this.waitingSince?.size !== row.size) this.waitingSince = { at: this.now(), size: row.size };
    const waited = this.waitingSince ? this.now() - this.waitingSince.at : 0;
    this.tell(waited > this.options.patienceMs);
  }

  private tell(stalled: boolean): void {
    if (stalled === this.stalled) return;
    this.stalled = stalled;
    this.options.onChange(stalled);
  }

  private async loop(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.look().catch(() => {
        // Nothing was seen, so nothing is known to have waited meanwhile.
        this.waitingSince = undefined;
      });
      await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
