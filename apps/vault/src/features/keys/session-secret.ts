import { BlindIndex, deriveKey } from '@integument/crypto';
import type { DomainKeys } from './domain-keys.js';

/**
 * A secret of this installation for one short-lived use, derived from the session key as it is now. What was made with an
 * earlier version is good for as long as that lives, which is longer than anything that is made with it.
 */
export class SessionSecret {
  readonly #derived = new Map<number, Buffer>();
  readonly #forgetters: ((secret: Buffer) => void)[] = [];

  constructor(
    private readonly keys: DomainKeys,
    private readonly label: string,
  ) {
    keys.onForget((id) => this.forget(id));
  }

  /** For whoever keeps what was made of a secret: called when that is overwritten. */
  onForget(forget: (secret: Buffer) => void): void {
    this.#forgetters.push(forget);
  }

  /** To seal with, once: counted. */
  sealing(): Buffer {
    const { key, domainKey } = this.keys.lend('session', 1);
    return this.of(domainKey, key);
  }

  now(): Buffer {
    const { id, key } = this.keys.now('session');
    return this.of(id, key);
  }

  /** With which something may have been made, the oldest first. */
  all(): Buffer[] {
    return this.keys.all('session').map(({ id, key }) => this.of(id, key));
  }

  private forget(id: number): void {
    const secret = this.#derived.get(id);
    if (!secret) return;
    this.#derived.delete(id);
    secret.fill(0);
    for (const forget of this.#forgetters) forget(secret);
  }

  private of(id: number, key: Buffer): Buffer {
    const known = this.#derived.get(id);
    if (known) return known;
    const made = deriveKey(key, this.label);
    this.#derived.set(id, made);
    return made;
  }
}

/** Keyed digests of what is counted for a minute. At a rotation the counts begin anew. */
export class SessionDigests {
  #of: { readonly secret: Buffer; readonly index: BlindIndex } | undefined;

  constructor(private readonly secret: SessionSecret) {
    secret.onForget((gone) => this.forget(gone));
  }

  digest(field: string, value: string): Buffer {
    return this.index().digest(field, value);
  }

  /** Counting goes on while no key may be used: it reads nothing, and who is refused for that must not be let in for it. */
  private index(): BlindIndex {
    const secret = this.nowOrBefore();
    if (this.#of?.secret !== secret) {
      this.#of?.index.wipe();
      this.#of = { secret, index: new BlindIndex(Buffer.from(secret)) };
    }
    return this.#of.index;
  }

  private forget(secret: Buffer): void {
    if (this.#of?.secret !== secret) return;
    this.#of.index.wipe();
    this.#of = undefined;
  }

  private nowOrBefore(): Buffer {
    try {
      return this.secret.now();
    } catch (error) {
      if (this.#of) return this.#of.secret;
      throw error;
    }
  }
}
