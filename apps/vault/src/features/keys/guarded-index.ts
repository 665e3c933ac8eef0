import { BlindIndex } from '@integument/crypto';
import type { KeyringPulse } from '../keyring/index.js';

/** The blind index has a copy of its domain key, so it has to ask by itself whether that may still be used. */
export class GuardedIndex extends BlindIndex {
  constructor(
    key: Buffer,
    private readonly pulse: KeyringPulse,
  ) {
    super(key);
  }

  override digest(field: string, value: string): Buffer {
    this.pulse.demand();
    return super.digest(field, value);
  }
}
