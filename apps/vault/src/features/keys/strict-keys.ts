import { context, deriveKey, open, SealBroken, seal } from '@integument/crypto';
import { NotReady } from '@integument/database';
import { type KekKeyring, keyringUnavailable } from '../keyring/index.js';
import { KekPool } from './kek-pool.js';
import { WarmKeks } from './warm-keks.js';

export interface StrictKeysOptions {
  /** whether new keys are made so; otherwise those that are there are opened, and no more come */
  readonly makes: boolean;
  /** milliseconds for which a KEK may be used without asking again */
  readonly forMs: number;
  /** KEKs that are kept ready */
  readonly pool?: number;
  /** milliseconds of a clock that never goes back */
  readonly now?: () => number;
}

const FORMAT = 2;
const HEADER_BYTES = 3;
const INFO = 'integument/strict-data-key/v1';

/**
 * Strict mode: each data key lies under the domain's key and a key of its own (KEK), which only the keyring unwraps. Both are needed,
 * so a domain key that is destroyed still makes old backups unreadable, and a stolen one opens nothing without the keyring's leave.
 *
 *   format 2 (1 byte) | length (2) | KEK as the keyring wrapped it | sealed by `seal` under HKDF(domain key, KEK)
 *
 * The wrapped KEK is bound into the sealing: another row's, even with the same KEK, does not open it.
 */
export class StrictKeys {
  readonly #pool: KekPool;
  readonly #warm: WarmKeks;

  constructor(
    keyring: KekKeyring,
    private readonly options: StrictKeysOptions,
  ) {
    this.#pool = new KekPool(keyring, { size: options.pool, now: options.now });
    this.#warm = new WarmKeks(keyring, options);
  }

  get makes(): boolean {
    return this.options.makes;
  }

  /** At the start, so that nobody waits for the first ones. */
  async begin(): Promise<void> {
    if (this.makes) await this.#pool.ready(0);
  }

  /** @throws NotReady where there are not as many new KEKs */
  demandMinted(count: number): void {
    this.demand([], count);
  }

  /** @throws NotReady where any of these would have to be asked for, or so many new ones: all of it at once */
  demand(wrapped: readonly Buffer[], minted = 0): void {
    const cold = wrapped.filter(isStrict).flatMap((one) => this.coldIn(one));
    const short = this.makes && !this.#pool.has(minted);
    if (cold.length > 0 || short)
      throw notReady(() =>
        Promise.all([cold.length > 0 && this.#warm.warm(cold), short && this.#pool.ready(minted)]),
      );
  }

  /** @throws NotReady */
  seal(domainKey: Buffer, whole: Buffer, place: Buffer): Buffer {
    const taken = this.#pool.take();
    if (!taken) throw notReady(() => this.#pool.ready(1));
    const { kek, wrapped } = taken;
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt8(FORMAT, 0);
    header.writeUInt16BE(wrapped.length, 1);
    const sealed = under(domainKey, kek, (key) => seal(key, whole, bound(place, wrapped)));
    // Whoever wants to open what was just made asks the keyring, as for any other.
    kek.fill(0);
    return Buffer.concat([header, wrapped, sealed]);
  }

  /** @throws NotReady, or SealBroken: also where it is the keyring that refuses this one */
  open(domainKey: Buffer, stored: Buffer, place: Buffer): Buffer {
    const { wrapped, sealed } = partsOf(stored);
    const text = wrapped.toString('latin1');
    const kek = this.#warm.get(text);
    if (kek === undefined) throw notReady(() => this.#warm.warm([text]));
    if (kek === null) throw new SealBroken();
    return under(domainKey, kek, (key) => open(key, sealed, bound(place, wrapped)));
  }

  /** What can't be read is left to whoever opens it. */
  private coldIn(stored: Buffer): string[] {
    if (!isWhole(stored)) return [];
    const text = partsOf(stored).wrapped.toString('latin1');
    return this.#warm.get(text) === undefined ? [text] : [];
  }
}

/** Whether a stored data key lies under a KEK of its own. */
export function isStrict(stored: Buffer): boolean {
  return stored[0] === FORMAT;
}

function isWhole(stored: Buffer): boolean {
  return stored.length > HEADER_BYTES && stored.length > HEADER_BYTES + stored.readUInt16BE(1);
}

function partsOf(stored: Buffer): { wrapped: Buffer; sealed: Buffer } {
  if (!isWhole(stored)) throw new SealBroken();
  const end = HEADER_BYTES + stored.readUInt16BE(1);
  return { wrapped: stored.subarray(HEADER_BYTES, end), sealed: stored.subarray(end) };
}

function bound(place: Buffer, wrapped: Buffer): Buffer {
  return context('strict_data_key', place, wrapped);
}

function under<T>(domainKey: Buffer, kek: Buffer, use: (key: Buffer) => T): T {
  const key = deriveKey(domainKey, INFO, kek);
  try {
    return use(key);
  } finally {
    key.fill(0);
  }
}

function notReady(ready: () => Promise<unknown>): NotReady {
  return new NotReady(ready, () => keyringUnavailable());
}
