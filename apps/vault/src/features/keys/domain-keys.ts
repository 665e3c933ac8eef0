import { context, KEY_BYTES, open, randomKey, seal } from '@integument/crypto';
import type { UnitOfWork } from '@integument/database';
import type { Keyring } from './keyring.js';
import type { KeysStore } from './keys.store.js';

const DOMAINS = ['person', 'permit', 'index', 'session', 'model', 'evidence', 'factor'] as const;
export type Domain = (typeof DOMAINS)[number];

/** A data key under the domain key that wraps it. */
export interface WrappedKey {
  readonly domainKey: number;
  readonly wrapped: Buffer;
}

/**
 * The domain keys, unwrapped once at start: from then on the hot path never waits for the keyring.
 * A data key is bound to its owner, so that a wrapped key moved to another row is refused.
 */
export class DomainKeys {
  readonly #byId = new Map<number, Buffer>();
  readonly #current = new Map<Domain, number>();

  constructor(
    private readonly keyring: Keyring,
    private readonly store: KeysStore,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  async load(): Promise<void> {
    for (const domain of DOMAINS) await this.loadDomain(domain);
  }

  /**
   * Makes a fresh 32-byte data key for an owner.
   * @param beside wrapped together with the key, and gone with it: costs no second sealing
   */
  mint(domain: Domain, owner: Buffer, beside?: Buffer): { key: Buffer } & WrappedKey {
    const domainKey = this.current(domain);
    const key = randomKey();
    const whole = beside ? Buffer.concat([key, beside]) : key;
    return { key, domainKey, wrapped: seal(this.byId(domainKey), whole, ownerPlace(domain, owner)) };
  }

  /** @throws SealBroken if the wrapped key is not this owner's */
  unwrap(domain: Domain, owner: Buffer, wrapped: WrappedKey): Buffer {
    return this.unwrapWhole(domain, owner, wrapped).subarray(0, KEY_BYTES);
  }

  /** What was wrapped beside the key. @throws SealBroken */
  unwrapBeside(domain: Domain, owner: Buffer, wrapped: WrappedKey): Buffer {
    return this.unwrapWhole(domain, owner, wrapped).subarray(KEY_BYTES);
  }

  /** The domain's own key, for the blind index and for sealing what a session carries. */
  secret(domain: 'index' | 'session'): Buffer {
    return this.byId(this.current(domain));
  }

  private unwrapWhole(domain: Domain, owner: Buffer, { domainKey, wrapped }: WrappedKey): Buffer {
    return open(this.byId(domainKey), wrapped, ownerPlace(domain, owner));
  }

  private async loadDomain(domain: Domain): Promise<void> {
    let rows = await this.unitOfWork.single((tx) => this.store.findAll(tx, domain));
    if (rows.length === 0) {
      const wrapped = await this.keyring.wrap(randomKey(), domainPlace(domain, 1));
      await this.unitOfWork.single((tx) => this.store.insertIfAbsent(tx, domain, 1, wrapped));
      rows = await this.unitOfWork.single((tx) => this.store.findAll(tx, domain));
    }
    for (const row of rows) {
      this.#byId.set(row.key_id, await this.keyring.unwrap(row.wrapped, domainPlace(domain, row.version)));
      this.#current.set(domain, row.key_id);
    }
  }

  private current(domain: Domain): number {
    const id = this.#current.get(domain);
    if (id === undefined) throw new Error(`domain keys are not loaded: ${domain}`);
    return id;
  }

  private byId(id: number): Buffer {
    const key = this.#byId.get(id);
    if (!key) throw new Error('a row names a domain key that is not loaded');
    return key;
  }
}

function domainPlace(domain: Domain, version: number): Buffer {
  return context('domain_key', domain, version);
}

function ownerPlace(domain: Domain, owner: Buffer): Buffer {
  return context('data_key', domain, owner);
}
