import type { RouteContract } from '@integument/contracts';
import type { Asker } from './asker.js';

/** A request of a known caller that was answered with a 4xx. */
export interface Refusal extends Asker {
  /** null: no such route */
  readonly route: RouteContract | null;
  readonly code: string;
  readonly status: number;
}

/**
 * Writes refusals to the audit log. Each in a transaction of its own, committed when this resolves, since the effect's
 * transaction was rolled back. The answer waits for it; if it rejects, the caller gets 503 and learns nothing else.
 */
export interface RefusalLog {
  refused(refusal: Refusal): Promise<void>;
  /**
   * A request of nobody known was refused. Counted, not written one by one: strangers must not be able to fill a log that
   * only grows.
   * @param route null: no such route
   */
  refusedStranger(route: RouteContract | null, code: string): void;
}
