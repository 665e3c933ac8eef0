import { createHash } from 'node:crypto';

/** At once: the second for a replica that hadn't heard of a new secret. Two processes stay below five together. */
const TRIES = 2;
const AGAIN_MS = 16 * 60_000;

/**
 * Whether a secret that was refused is worth another try. HashiCorp Vault and OpenBao lock a role out after five wrong ones,
 * for a quarter of an hour, and forget them after a quarter of an hour without one: whoever repeats a withdrawn secret
 * would have the new one refused too.
 */
export class RefusedSecret {
  #digest = '';
  #times = 0;
  #last = 0;

  /** @param now milliseconds of a clock that never goes back */
  constructor(private readonly now: () => number) {}

  mayTry(secret: string): boolean {
    return digest(secret) !== this.#digest || this.#times < TRIES || this.now() - this.#last > AGAIN_MS;
  }

  note(secret: string): void {
    const known = digest(secret) === this.#digest;
    this.#digest = digest(secret);
    this.#times = known ? this.#times + 1 : 1;
    this.#last = this.now();
  }
}

function digest(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
