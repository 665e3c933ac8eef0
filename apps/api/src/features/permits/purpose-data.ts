import type { PurposeName } from '@integument/contracts';
import type { Tx } from '@integument/database';
import type { Gate } from './permits.store.js';

/** How a feature lets go of what it holds under a permit. Every purpose with data has exactly one. */
export interface PurposeData {
  readonly purpose: PurposeName;
  /**
   * Takes permits of this purpose out of what was learned from them. Called while their gates are frozen and their keys
   * still exist, and again after a crash.
   */
  forget?(gates: readonly Gate[]): Promise<void>;
  /** Deletes all rows of the pseudonym. */
  erase(tx: Tx, pseudonym: Buffer): Promise<void>;
}
