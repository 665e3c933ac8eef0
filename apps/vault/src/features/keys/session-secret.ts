import { BlindIndex, deriveKey } from '@integument/crypto';
import type { DomainKeys } from './domain-keys.js';

/**
 * A secret of this installation for one short-lived use, derived from the session key as it is now. What was made with an
 * earlier version is good for as long as that lives, which is longer than anything that is made with it.
 */
export class SessionSecret {
  readonly #derived = new Map<number, Buffer>();

  constructor(
    private readonly keys: DomainKeys,
    private readonly label: string,
  ) {}

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
    const versions = this.keys.all('session');
    for (const id of this.#derived.keys())
      if (!versions.some((one) => one.id === id)) this.#derived.delete(id);
    return versions.map(({ id, key }) => this.of(id, key));
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

  constructor(private readonly secret: SessionSecret) {}

  digest(field: string, value: string): Buffer {
    return this.index().digest(field, value);
  }

  /** Counting goes on while no key may be used: it reads nothing, and who is refused for that must not be let in for it. */
  private index(): BlindIndex {
    const secret = this.nowOrBefore();
    if (this.#of?.secret !== secret) this.#of = { secret, index: new BlindIndex(secret) };
    return this.#of.index;
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
