import { context, KEY_BYTES, open, randomKey, seal } from '@integument/crypto';
import type { UnitOfWork } from '@integument/database';
import { type Keyring, type KeyringPulse, keyringUnavailable, StrictModeOff } from '../keyring/index.js';
import { KeyLoader } from './key-loader.js';
import {
  type Domain,
  KeyGone,
  type KeyVersion,
  SEALING,
  type SealingDomain,
  type SecretDomain,
} from './key-version.js';
import type { DomainKeyRow, KeysStore } from './keys.store.js';
import { isStrict, type StrictKeys } from './strict-keys.js';

/** A data key under the domain key that wraps it. */
export interface WrappedKey {
  readonly domainKey: number;
  readonly wrapped: Buffer;
}

export interface DomainKeysOptions {
  /** milliseconds for which what was read of the versions is believed; see {@link KEYS_LEASE_MS} */
  readonly leaseMs?: number;
  /** sealings that are reserved at a time */
  readonly block?: number;
  /** strict mode, where it is on or on its way out */
  readonly strict?: StrictKeys | null;
  /** milliseconds of a clock that never goes back */
  readonly now?: () => number;
}

/** A version counts as known to every process this long after it was committed: who has not read it by then uses none. */
export const KEYS_LEASE_MS = 15_000;
export const KEYS_READ_EVERY_MS = 3_000;
const BLOCK = 2 ** 20;

/**
 * The domain keys, unwrapped at start, and new versions as they come: the hot path never waits for keyring or database.
 * They are lent while the keyring's pulse is felt, and while what is known of their versions is fresh.
 * A data key is bound to its owner, so that a wrapped key moved to another row is refused.
 */
export class DomainKeys {
  readonly #byId = new Map<number, KeyVersion>();
  readonly #current = new Map<Domain, KeyVersion>();
  readonly #loader: KeyLoader;
  readonly #options: Required<DomainKeysOptions>;
  readonly #forgetters: ((id: number) => void)[] = [];
  #readAt = -Infinity;
  #reading: Promise<void> = Promise.resolve();

  constructor(
    keyring: Keyring,
    private readonly store: KeysStore,
    private readonly unitOfWork: UnitOfWork,
    private readonly pulse: Pick<KeyringPulse, 'demand'>,
    options: DomainKeysOptions = {},
  ) {
    this.#loader = new KeyLoader(keyring, store, unitOfWork);
    this.#options = {
      leaseMs: KEYS_LEASE_MS,
      block: BLOCK,
      strict: null,
      now: () => performance.now(),
      ...options,
    };
  }

  async load(): Promise<void> {
    await this.refresh();
    await this.#loader.noteRoots();
    await this.leaveOldRoots();
    await this.#options.strict?.begin();
  }

  /** Learns of new versions, and of those that are no more. Each call reads anew: who waits for one has seen all before it. */
  refresh(): Promise<void> {
    const reading = this.#reading.then(() => this.read());
    this.#reading = reading.catch(() => undefined);
    return reading;
  }

  /** Lays the domain keys under the newest version of the root key. @returns how many */
  leaveOldRoots(): Promise<number> {
    return this.#loader.leaveOldRoots((id) => this.#byId.get(id)?.key);
  }

  /**
   * In strict mode: has all these asked for together, where each would else be asked for by itself when it is opened.
   * @param minted how many keys are about to be made or wrapped besides
   * @throws NotReady where one of them has to be asked for
   */
  demandWarm(wrapped: Iterable<Pick<WrappedKey, 'wrapped'>>, minted = 0): void {
    const { strict } = this.#options;
    if (!strict) return;
    const wanted = Array.from(wrapped, (one) => one.wrapped);
    // Who needs no key is not refused for want of one.
    if (wanted.length === 0 && minted === 0) return;
    this.demand();
    strict.demand(wanted, minted);
  }

  /** The same where so many keys are about to be made. @throws NotReady */
  demandMinted(count: number): void {
    this.demandWarm([], count);
  }

  /**
   * Makes a fresh 32-byte data key for an owner.
   * @param beside wrapped together with the key, and gone with it: costs no second sealing
   * @throws NotReady in strict mode, where the keyring has to be asked first; so do all that open one
   */
  mint(domain: SealingDomain, owner: Buffer, beside?: Buffer): { key: Buffer } & WrappedKey {
    const key = randomKey();
    const whole = beside ? Buffer.concat([key, beside]) : key;
    return { key, ...this.wrap(domain, owner, whole) };
  }

  /** @throws SealBroken if the wrapped key is not this owner's @throws KeyGone if what it lies under was destroyed */
  unwrap(domain: SealingDomain, owner: Buffer, wrapped: WrappedKey): Buffer {
    return this.unwrapWhole(domain, owner, wrapped).subarray(0, KEY_BYTES);
  }

  /** What was wrapped beside the key. @throws SealBroken */
  unwrapBeside(domain: SealingDomain, owner: Buffer, wrapped: WrappedKey): Buffer {
    return this.unwrapWhole(domain, owner, wrapped).subarray(KEY_BYTES);
  }

  /** Lays a data key, with what is beside it, under the domain's current key. @throws SealBroken */
  rewrap(domain: SealingDomain, owner: Buffer, wrapped: WrappedKey): WrappedKey {
    return this.wrap(domain, owner, this.unwrapWhole(domain, owner, wrapped));
  }

  /** The domain's own key as it is now. What is made with it and outlasts the moment names its version: see `live`. */
  secret(domain: SecretDomain): Buffer {
    this.demand();
    return this.current(domain).key;
  }

  /** Which versions something that has to be found again may be under, the oldest first. */
  live(domain: SecretDomain): readonly Pick<KeyVersion, 'id' | 'key'>[] {
    this.demand();
    return this.versions(domain).filter(({ empty }) => !empty);
  }

  /** The same with those that nothing is under any more: for what is short-lived and names no version. */
  all(domain: SecretDomain): readonly Pick<KeyVersion, 'id' | 'key'>[] {
    this.demand();
    return this.versions(domain);
  }

  /** The key under which values of the domain lie directly. @param values how many are about to be sealed under it */
  lend(domain: SealingDomain, values: number): { key: Buffer; domainKey: number } {
    const { key, id } = this.spend(domain, values);
    return { key, domainKey: id };
  }

  /** What was lent before, to open what lies under it. */
  lent(domainKey: number): Buffer {
    return this.byId(domainKey);
  }

  /** Which version seals, or makes digests, just now. */
  now(domain: Domain): Pick<KeyVersion, 'id' | 'key'> {
    this.demand();
    return this.current(domain);
  }

  /** For `/readyz`. */
  readonly healthCheck = (): Promise<void> => Promise.resolve().then(() => this.demand());

  /** For whoever keeps what was derived from a version's key: called when that is overwritten. */
  onForget(forget: (id: number) => void): void {
    this.#forgetters.push(forget);
  }

  private wrap(domain: SealingDomain, owner: Buffer, whole: Buffer): WrappedKey {
    const place = ownerPlace(domain, owner);
    const { strict } = this.#options;
    if (strict?.makes) this.demandMinted(1);
    const { key, id } = this.spend(domain, 1);
    return {
      domainKey: id,
      wrapped: strict?.makes ? strict.seal(key, whole, place) : seal(key, whole, place),
    };
  }

  private unwrapWhole(domain: SealingDomain, owner: Buffer, { domainKey, wrapped }: WrappedKey): Buffer {
    const place = ownerPlace(domain, owner);
    const key = this.byId(domainKey);
    if (!isStrict(wrapped)) return open(key, wrapped, place);
    // Nothing is wrong with it: it is this process that has nobody to ask.
    if (!this.#options.strict) throw keyringUnavailable(new StrictModeOff());
    return this.#options.strict.open(key, wrapped, place);
  }

  private async read(): Promise<void> {
    // What is read is as old as the question.
    const asked = this.#options.now();
    const there = await this.#loader.find();
    await this.learn(there);
    const rows = await this.#loader.addMissing(there);
    await this.learn(rows);
    const fresh = rows.filter(({ domain, state, key_id }) => {
      const sealing = (SEALING as readonly Domain[]).includes(domain) && state === 'current';
      return sealing && (this.#byId.get(key_id)?.left ?? 0) <= 0;
    });
    for (const { key_id } of fresh) await this.fetch(this.#byId.get(key_id));
    this.forget(rows);
    for (const row of rows) this.follow(row);
    this.#readAt = asked;
  }

  private async learn(rows: readonly DomainKeyRow[]): Promise<void> {
    const needed = await this.#loader.openable(rows.filter(({ key_id }) => !this.#byId.has(key_id)));
    const keys = needed.length > 0 ? await this.#loader.unwrap(needed) : [];
    for (const [at, { key_id: id, domain, state, empty }] of needed.entries()) {
      const key = keys[at];
      if (key) this.#byId.set(id, { id, domain, key, state, empty, left: 0, fetching: undefined });
    }
  }

  private follow({ key_id, domain, state, empty }: DomainKeyRow): void {
    const known = this.#byId.get(key_id);
    if (!known) return;
    known.state = state;
    known.empty = empty;
    if (state === 'current') this.#current.set(domain, known);
  }

  private forget(rows: readonly DomainKeyRow[]): void {
    const there = new Set(rows.map(({ key_id }) => key_id));
    for (const [id, { key }] of this.#byId) {
      if (there.has(id)) continue;
      this.#byId.delete(id);
      key.fill(0);
      for (const forget of this.#forgetters) forget(id);
    }
  }

  private versions(domain: Domain): KeyVersion[] {
    return [...this.#byId.values()]
      .filter((one) => one.domain === domain)
      .sort((one, two) => one.id - two.id);
  }

  /** Counts sealings before they are made. @throws CodedError `keyring.unavailable` where none are left */
  private spend(domain: SealingDomain, count: number): KeyVersion {
    this.demand();
    const version = this.current(domain);
    if (version.left - count < this.#options.block / 2) void this.fetch(version);
    if (version.left < count) throw keyringUnavailable();
    version.left -= count;
    return version;
  }

  /** Ahead, while half of the last block is left. A database that can't give one is asked again at the next use. */
  private fetch(version: KeyVersion | undefined): Promise<void> {
    if (!version) return Promise.resolve();
    const { block } = this.#options;
    version.fetching ??= this.unitOfWork
      .single((tx) => this.store.reserve(tx, version.id, block))
      .then((given) => {
        if (given) version.left += block;
      })
      .catch(() => undefined)
      .finally(() => {
        version.fetching = undefined;
      });
    return version.fetching;
  }

  /** @throws CodedError `keyring.unavailable` (503) while the keyring is away, or the versions were not read for too long */
  private demand(): void {
    this.pulse.demand();
    if (this.#options.now() - this.#readAt <= this.#options.leaseMs) return;
    throw keyringUnavailable();
  }

  private current(domain: Domain): KeyVersion {
    const version = this.#current.get(domain);
    if (!version) throw new Error(`domain keys are not loaded: ${domain}`);
    return version;
  }

  private byId(id: number): Buffer {
    this.demand();
    const version = this.#byId.get(id);
    if (!version) throw new KeyGone();
    return version.key;
  }
}

function ownerPlace(domain: Domain, owner: Buffer): Buffer {
  return context('data_key', domain, owner);
}
