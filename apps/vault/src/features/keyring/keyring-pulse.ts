import { keyringUnavailable } from './keyring.errors.js';
import type { Keyring } from './keyring.js';

export interface KeyringPulseOptions {
  /** milliseconds that unwrapped keys may go on being used while the keyring can't be asked */
  readonly graceMs: number;
  /** milliseconds of a clock that never goes back */
  readonly now?: () => number;
}

/**
 * Watches whether the keyring can still be asked. Who takes the root key away, or seals it, must see the vault stop: keys
 * that were unwrapped once would otherwise be good for as long as the process lives.
 */
export class KeyringPulse {
  readonly #now: () => number;
  #heard: number;

  constructor(
    private readonly keyring: Pick<Keyring, 'check'>,
    private readonly options: KeyringPulseOptions,
  ) {
    this.#now = options.now ?? (() => performance.now());
    this.#heard = this.#now();
  }

  /** How often to ask, so that a keyring that is back is seen well within the grace; milliseconds. */
  get everyMs(): number {
    return Math.min(5_000, this.options.graceMs / 4);
  }

  /** Asks the keyring. What it answers is as old as the question. */
  async beat(): Promise<void> {
    const asked = this.#now();
    await this.keyring.check();
    this.#heard = asked;
  }

  /** @throws CodedError `keyring.unavailable` (503) once the grace is over, until a beat succeeds again */
  demand(): void {
    if (this.#now() - this.#heard <= this.options.graceMs) return;
    throw keyringUnavailable();
  }

  /** The same for `/readyz`. */
  readonly healthCheck = (): Promise<void> => Promise.resolve().then(() => this.demand());
}
