import type { EmbeddedKeyringFiles } from '../../../apps/vault/src/features/keyring/embedded-keyring.js';
import type { KeyLives } from '../../../apps/vault/src/rotation-settings.js';
import type { Death } from '../audit/mortal-task.js';

/** What a process that rotates keys is told, as a line of JSON, once it is ready. */
export interface RotatingTask {
  readonly url: string;
  readonly files: EmbeddedKeyringFiles;
  readonly lives: KeyLives;
  /** rows in a transaction */
  readonly batch: number;
  readonly death?: Death;
}

/** By what people can be searched besides their values. */
export const SEARCH = {
  people: 1_000,
  perMinute: 10_000,
  indexes: { domain: { of: ['email:domain' as const], bits: 1 } },
};
