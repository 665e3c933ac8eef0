import type { PurposeName } from '@integument/contracts';
import type { Tx } from '@integument/database';
import type { Gate } from './permits.store.js';

/** How a feature lets go of what it holds under a permit. Every purpose with data has exactly one. */
export interface PurposeData {
  readonly purpose: PurposeName;
  /**
   * Called while the gate is frozen and its key still exists: takes the permit out of what was learned from it. May run
   * again after a crash.
   */
  forget?(gate: Gate): Promise<void>;
  /** Deletes all rows of the pseudonym. */
  erase(tx: Tx, pseudonym: Buffer): Promise<void>;
}
