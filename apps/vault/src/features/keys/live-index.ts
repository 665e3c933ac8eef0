import { BlindIndex, randomKey } from '@integument/crypto';
import type { DomainKeys } from './domain-keys.js';

/** A digest, and which version of the index key made it: both stand in the row, so that a rotation finds it. */
export interface Stamped {
  readonly digest: Buffer;
  readonly indexKey: number;
}

type Version = ReturnType<DomainKeys['live']>[number];

/**
 * The blind index under the domain key as it is now. While that is being rotated, rows lie under several versions: who
 * writes stamps by the current one, who searches asks for the digests of all.
 */
export class LiveIndex extends BlindIndex {
  readonly #versions = new Map<number, BlindIndex>();

  constructor(private readonly keys: DomainKeys) {
    // The base's own key is never used: each version has a blind index of its own.
    super(randomKey());
    keys.onForget((id) => this.forget(id));
  }

  /** By the current version, for what is gone before a version is. */
  override digest(field: string, value: string): Buffer {
    return this.stamp(field, value).digest;
  }

  stamp(field: string, value: string): Stamped {
    return this.stampBy(this.keys.now('index'), field, value);
  }

  /** By each version that rows may be under, the oldest first. */
  stamps(field: string, value: string): Stamped[] {
    return this.keys.live('index').map((version) => this.stampBy(version, field, value));
  }

  digests(field: string, value: string): Buffer[] {
    return this.stamps(field, value).map(({ digest }) => digest);
  }

  /** By each version there still is: what is short-lived names none. */
  allDigests(field: string, value: string): Buffer[] {
    return this.keys.all('index').map((version) => this.of(version).digest(field, value));
  }

  private stampBy(version: Version, field: string, value: string): Stamped {
    return { digest: this.of(version).digest(field, value), indexKey: version.id };
  }

  private of({ id, key }: Version): BlindIndex {
    const known = this.#versions.get(id);
    if (known) return known;
    const made = new BlindIndex(Buffer.from(key));
    this.#versions.set(id, made);
    return made;
  }

  private forget(id: number): void {
    this.#versions.get(id)?.wipe();
    this.#versions.delete(id);
  }
}
