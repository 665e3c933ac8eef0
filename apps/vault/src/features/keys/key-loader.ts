import { deriveKey, randomKey } from '@integument/crypto';
import type { UnitOfWork } from '@integument/database';
import { type Keyring, KeyringRefused, type Placed, requireOpens } from '../keyring/index.js';
import { DOMAINS, type Domain, domainPlace } from './key-version.js';
import type { DomainKeyRow, KeysStore } from './keys.store.js';

/** Brings the domain keys out of database and keyring, and makes those that a domain needs to begin with. */
export class KeyLoader {
  /** Empty versions under a version of the root key that decrypts no more: nobody asks for them again. */
  readonly #closed = new Set<number>();

  constructor(
    private readonly keyring: Keyring,
    private readonly store: KeysStore,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  find(): Promise<DomainKeyRow[]> {
    return this.unitOfWork.single((tx) => this.store.findAll(tx, DOMAINS));
  }

  /**
   * Every domain has a key from the first start on.
   * @param there all that there are, and all opened: a row under the wrong keyring beside them would open under neither ever after
   * @returns all that there are then
   */
  async addMissing(there: readonly DomainKeyRow[]): Promise<readonly DomainKeyRow[]> {
    const missing = DOMAINS.filter((name) => !there.some(({ domain }) => domain === name));
    if (missing.length === 0) return there;
    await this.make(missing, there);
    return this.find();
  }

  /** Those that can be unwrapped: under a version of the root key that is no more lies only what nobody needs. */
  async openable(rows: readonly DomainKeyRow[]): Promise<readonly DomainKeyRow[]> {
    const wanted = rows.filter(({ empty, key_id }) => !(empty && this.#closed.has(key_id)));
    if (wanted.every(({ empty }) => !empty)) return wanted;
    const { oldest } = await this.keyring.versions();
    const closed = wanted.filter(({ empty, wrapped }) => empty && this.keyring.versionOf(wrapped) < oldest);
    for (const { key_id } of closed) this.#closed.add(key_id);
    return wanted.filter((row) => !closed.includes(row));
  }

  /** @returns the keys in the order of the rows */
  async unwrap(rows: readonly DomainKeyRow[]): Promise<Buffer[]> {
    const keys = await this.keyring.unwrap(rows.map(placed));
    return rows.map((_row, at) => got(keys[at]));
  }

  /**
   * After a rotation of the root key its old versions can go once nothing lies under them. What nothing lies under any more
   * goes with its root: laid under the new one it would keep that alive, and with it whatever old backups hold. So does what has
   * only days: a version of sessions that is replaced.
   * @param known the keys as they are in memory, by id
   * @returns how many were laid under the newest version
   */
  async leaveOldRoots(known: (id: number) => Buffer | undefined): Promise<number> {
    const { newest } = await this.keyring.versions();
    // One that has come since what is known was read is laid under the newest root already.
    const rows = (await this.find()).filter(({ key_id }) => known(key_id));
    const old = rows.filter((row) => !goesWithRoot(row) && this.keyring.versionOf(row.wrapped) < newest);
    if (old.length === 0) return 0;
    const rewrapped = await this.keyring.rewrap(old.map(placed));
    const keys = old.map((row) => ({ ...placed(row), bytes: got(known(row.key_id)) }));
    await requireOpens(this.keyring, keys, rewrapped);
    await this.unitOfWork.run(async (tx) => {
      for (const [at, row] of old.entries()) {
        const bytes = got(rewrapped[at]);
        await this.store.rewrap(tx, row, bytes, this.keyring.versionOf(bytes));
      }
    });
    return old.length;
  }

  /** Which versions of the root key keys from before this was written down have lain under: any until theirs. */
  async noteRoots(): Promise<void> {
    const unknown = (await this.find()).filter(({ roots }) => roots.length === 0);
    if (unknown.length === 0) return;
    await this.unitOfWork.run(async (tx) => {
      for (const { key_id, wrapped } of unknown) {
        const root = this.keyring.versionOf(wrapped);
        await this.store.noteRoots(
          tx,
          key_id,
          Array.from({ length: root }, (_one, at) => at + 1),
        );
      }
    });
  }

  private async make(missing: readonly Domain[], there: readonly DomainKeyRow[]): Promise<void> {
    const fresh: Placed[] = [];
    for (const domain of missing) {
      fresh.push({ bytes: await this.firstKey(domain, there), place: domainPlace(domain, 1) });
    }
    const wrapped = await this.keyring.wrap(fresh);
    await requireOpens(this.keyring, fresh, wrapped);
    await this.unitOfWork.run(async (tx) => {
      for (const [at, domain] of missing.entries()) {
        const bytes = got(wrapped[at]);
        await this.store.insertIfAbsent(tx, domain, bytes, this.keyring.versionOf(bytes));
      }
    });
  }

  /** Staff who were named under the first key of the index keep their names when that is destroyed. */
  private async firstKey(domain: Domain, there: readonly DomainKeyRow[]): Promise<Buffer> {
    const index = there.find((row) => row.domain === 'index' && row.version === 1);
    if (domain !== 'name' || !index) return randomKey();
    if (!(await this.unitOfWork.single((tx) => this.store.hasStaff(tx)))) return randomKey();
    const [key] = await this.unwrap([index]);
    return deriveKey(got(key), 'blind-index/account');
  }
}

function goesWithRoot({ domain, state, empty }: DomainKeyRow): boolean {
  return empty || (domain === 'session' && state === 'retiring');
}

function placed({ domain, version, wrapped }: DomainKeyRow): Placed {
  return { bytes: wrapped, place: domainPlace(domain, version) };
}

function got(bytes: Buffer | undefined): Buffer {
  if (!bytes) throw new KeyringRefused('the keyring answered for fewer keys than it was asked');
  return bytes;
}
