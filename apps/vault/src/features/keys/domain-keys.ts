import { context, KEY_BYTES, open, randomKey, seal } from '@integument/crypto';
import type { UnitOfWork } from '@integument/database';
import { type Keyring, type KeyringPulse, KeyringRefused, type Placed } from '../keyring/index.js';
import type { DomainKeyRow, KeysStore } from './keys.store.js';

const DOMAINS = [
  'person',
  'permit',
  'index',
  'session',
  'model',
  'evidence',
  'factor',
  'token',
  'format',
] as const;
export type Domain = (typeof DOMAINS)[number];

/** A data key under the domain key that wraps it. */
export interface WrappedKey {
  readonly domainKey: number;
  readonly wrapped: Buffer;
}

/**
 * The domain keys, unwrapped once at start: from then on the hot path never waits for the keyring. They are lent while
 * the keyring's pulse is felt, and for its grace.
 * A data key is bound to its owner, so that a wrapped key moved to another row is refused.
 */
export class DomainKeys {
  readonly #byId = new Map<number, Buffer>();
  readonly #current = new Map<Domain, number>();

  constructor(
    private readonly keyring: Keyring,
    private readonly store: KeysStore,
    private readonly unitOfWork: UnitOfWork,
    private readonly pulse: Pick<KeyringPulse, 'demand'>,
  ) {}

  async load(): Promise<void> {
    // Before one is added: a row under the wrong keyring beside the others would open under neither one ever after.
    const there = await this.take(await this.find());
    const added = await this.addMissing(there);
    await this.leaveOldRoots([...there, ...(await this.take(added))]);
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

  /** The domain's own key: for the blind index, for sealing what a session carries, and for tokens that are encrypted values. */
  secret(domain: 'format' | 'index' | 'session'): Buffer {
    return this.byId(this.current(domain));
  }

  /** The key under which values of the domain lie directly. @param _values how many are about to be sealed under it */
  lend(domain: 'token', _values: number): { key: Buffer; domainKey: number } {
    const domainKey = this.current(domain);
    return { key: this.byId(domainKey), domainKey };
  }

  /** Which key the blind index works by. */
  indexKey(): number {
    return this.current('index');
  }

  /** What was lent before, to open what lies under it. */
  lent(domainKey: number): Buffer {
    return this.byId(domainKey);
  }

  private unwrapWhole(domain: Domain, owner: Buffer, { domainKey, wrapped }: WrappedKey): Buffer {
    return open(this.byId(domainKey), wrapped, ownerPlace(domain, owner));
  }

  private find(): Promise<DomainKeyRow[]> {
    return this.unitOfWork.single((tx) => this.store.findAll(tx, DOMAINS));
  }

  private async take(rows: readonly DomainKeyRow[]): Promise<readonly DomainKeyRow[]> {
    const keys = await this.keyring.unwrap(rows.map(placed));
    for (const [at, { key_id, domain }] of rows.entries()) {
      this.#byId.set(key_id, got(keys[at]));
      this.#current.set(domain as Domain, key_id);
    }
    return rows;
  }

  /** Every domain has a key from the first start on. @returns what wasn't there, also where another process made it */
  private async addMissing(there: readonly DomainKeyRow[]): Promise<DomainKeyRow[]> {
    const missing = DOMAINS.filter((name) => !there.some(({ domain }) => domain === name));
    if (missing.length === 0) return [];
    const fresh = missing.map((domain) => ({ bytes: randomKey(), place: domainPlace(domain, 1) }));
    const wrapped = await this.keyring.wrap(fresh);
    await this.requireOpens(fresh, wrapped);
    await this.unitOfWork.run(async (tx) => {
      for (const [at, domain] of missing.entries()) {
        await this.store.insertIfAbsent(tx, domain, 1, got(wrapped[at]));
      }
    });
    const known = new Set(there.map(({ key_id }) => key_id));
    return (await this.find()).filter(({ key_id }) => !known.has(key_id));
  }

  /**
   * After a rotation of the root key its old versions can go (the keyring's minimum version) once nothing lies under them.
   */
  private async leaveOldRoots(rows: readonly DomainKeyRow[]): Promise<void> {
    const { newest } = await this.keyring.versions();
    const old = rows.filter(({ wrapped }) => this.keyring.versionOf(wrapped) < newest);
    if (old.length === 0) return;
    const rewrapped = await this.keyring.rewrap(old.map(placed));
    const keys = old.map((row) => ({ ...placed(row), bytes: this.byId(row.key_id) }));
    await this.requireOpens(keys, rewrapped);
    await this.unitOfWork.run(async (tx) => {
      for (const [at, row] of old.entries()) await this.store.rewrap(tx, row, got(rewrapped[at]));
    });
  }

  /** Before a wrapping is stored: a domain key that is lost loses everybody's data. */
  private async requireOpens(keys: readonly Placed[], wrapped: readonly Buffer[]): Promise<void> {
    const opened = await this.keyring.unwrap(keys.map((key, at) => ({ ...key, bytes: got(wrapped[at]) })));
    const same = keys.every(({ bytes }, at) => opened[at]?.equals(bytes));
    if (!same) throw new KeyringRefused('the keyring wrapped a key into another');
  }

  private current(domain: Domain): number {
    const id = this.#current.get(domain);
    if (id === undefined) throw new Error(`domain keys are not loaded: ${domain}`);
    return id;
  }

  private byId(id: number): Buffer {
    this.pulse.demand();
    const key = this.#byId.get(id);
    if (!key) throw new Error('a row names a domain key that is not loaded');
    return key;
  }
}

function placed({ domain, version, wrapped }: DomainKeyRow): Placed {
  return { bytes: wrapped, place: domainPlace(domain, version) };
}

function got(bytes: Buffer | undefined): Buffer {
  if (!bytes) throw new KeyringRefused('the keyring answered for fewer keys than it was asked');
  return bytes;
}

function domainPlace(domain: string, version: number): Buffer {
  return context('domain_key', domain, version);
}

function ownerPlace(domain: Domain, owner: Buffer): Buffer {
  return context('data_key', domain, owner);
}
