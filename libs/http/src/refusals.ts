import type { Caller } from '@integument/authz';
import type { RouteContract } from '@integument/contracts';

/** A request of a known caller that was answered with a 4xx. */
export interface Refusal {
  readonly caller: Caller;
  /** null: no such route */
  readonly route: RouteContract | null;
  readonly code: string;
  readonly status: number;
  readonly requestId: string;
}

/**
 * Writes refusals to the audit log. Each in a transaction of its own, committed when this resolves, since the effect's
 * transaction was rolled back. The answer waits for it; if it rejects, the caller gets 503 and learns nothing else.
 */
export interface RefusalLog {
  refused(refusal: Refusal): Promise<void>;
}
