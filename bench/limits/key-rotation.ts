import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AuditLog } from '@integument/audit-log';
import { randomId } from '@integument/crypto';
import { byteaArray, int2Array, openDatabase, UnitOfWork } from '@integument/database';
import { EmbeddedKeyring } from '../../apps/vault/src/features/keyring/index.js';
import { DomainKeys, KEYS_READ_EVERY_MS } from '../../apps/vault/src/features/keys/index.js';
import { KeysStore } from '../../apps/vault/src/features/keys/keys.store.js';
import { RotationStore, Rotations } from '../../apps/vault/src/features/rotation/index.js';
import { WRAPPED_TABLES, WrappedKeys } from '../../apps/vault/src/features/rotation/wrapped-keys.js';
import { answerQuestions } from '../side-process.js';

/** Makes so many people in an empty database of the vault, or rotates the key that theirs are wrapped by. */
export type KeyRotation =
  | { readonly fill: { readonly database: string; readonly people: number } }
  | { readonly rotate: true };

export interface Rotated {
  readonly keys: number;
  readonly seconds: number;
}

const AT_ONCE = 5_000;
const SALT_BYTES = 16;
const INSERT = `INSERT INTO person (person_id, domain_key, wrapped_key, subject)
  SELECT * FROM unnest($1::bytea[], $2::int2[], $3::bytea[], $4::bytea[])`;
/** Longer than anything that a rotation waits for. */
const LONG_MS = 10 * 60_000;

/** What rotates keys in a vault, alone in its process. Its clock jumps where processes would wait for each other. */
class RotatingVault {
  readonly #store = new RotationStore();
  #ahead = 0;

  private constructor(
    private readonly keyring: EmbeddedKeyring,
    private readonly keys: DomainKeys,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  static async open(database: string): Promise<RotatingVault> {
    const options = { poolSize: 4, applicationName: 'bench', migrations: [] };
    const unitOfWork = new UnitOfWork(await openDatabase({ url: database, ...options }));
    const keyring = await newKeyring();
    // As in a vault, but that this keyring is not asked whether it is still there.
    const keys = new DomainKeys(keyring, new KeysStore(), unitOfWork, { demand: () => undefined });
    await keys.load();
    // As the vault does: who has not read the versions for too long uses none.
    setInterval(() => void keys.refresh(), KEYS_READ_EVERY_MS).unref();
    return new RotatingVault(keyring, keys, unitOfWork);
  }

  async enrol(people: number): Promise<void> {
    for (let left = people; left > 0; left -= AT_ONCE) {
      const ids = Array.from({ length: Math.min(left, AT_ONCE) }, randomId);
      const minted = ids.map((id) => this.keys.mint('person', id, randomBytes(SALT_BYTES)));
      await this.query(INSERT, [
        byteaArray(ids),
        int2Array(minted.map(({ domainKey }) => domainKey)),
        byteaArray(minted.map(({ wrapped }) => wrapped)),
        byteaArray(ids.map(() => randomBytes(32))),
      ]);
    }
  }

  /** @returns how long its rows took, from the first one until nothing lies under old versions */
  async rotate(): Promise<Rotated> {
    await this.query('VACUUM (ANALYZE) person');
    const rotations = this.rotations();
    const version = await rotations.prepare('person');
    const id = await this.unitOfWork.run((tx) => rotations.begin(tx, version, 'asked', null));
    if (!id) throw new Error('another rotation runs');
    while ((await this.find(id)).state !== 'moving') {
      this.#ahead += LONG_MS;
      await rotations.step(id);
    }
    const started = performance.now();
    // As the vault does it, slice by slice; the last step counts what is left once more.
    while ((await rotations.tick()) > 0);
    const seconds = (performance.now() - started) / 1_000;
    this.#ahead += LONG_MS;
    await rotations.step(id);
    const { state, moved } = await this.find(id);
    if (state !== 'done') throw new Error(`the rotation is ${state}`);
    return { keys: moved, seconds };
  }

  private rotations(): Rotations {
    const { keys, keyring, unitOfWork } = this;
    const movers = (domain: string) =>
      WRAPPED_TABLES.filter((of) => of.domain === domain).map((of) => new WrappedKeys(of, keys));
    const clock = () => Promise.resolve(new Date(Date.now() + this.#ahead));
    return new Rotations(this.#store, keys, keyring, movers, unitOfWork, new AuditLog(), { clock });
  }

  private async find(id: Buffer) {
    const row = await this.unitOfWork.single((tx) => this.#store.find(tx, id));
    if (!row) throw new Error('the rotation is gone');
    return row;
  }

  private query(text: string, values: readonly unknown[] = []): Promise<unknown> {
    return this.unitOfWork.single((tx) => tx.query(text, values));
  }
}

function newKeyring(): Promise<EmbeddedKeyring> {
  const folder = mkdtempSync(join(tmpdir(), 'integument-bench-keys-'));
  chmodSync(folder, 0o700);
  // With the bench, however that ends: it holds a key.
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const keyFile = join(folder, 'keyring.key');
  writeFileSync(keyFile, randomBytes(32).toString('base64url'), { mode: 0o600 });
  return EmbeddedKeyring.load({ sealedFile: join(folder, 'keyring.sealed'), keyFile });
}

let vault: RotatingVault | undefined;

async function answer(asked: KeyRotation): Promise<Rotated> {
  if ('rotate' in asked) {
    if (!vault) throw new Error('there is nobody yet');
    return vault.rotate();
  }
  vault = await RotatingVault.open(asked.fill.database);
  await vault.enrol(asked.fill.people);
  return { keys: 0, seconds: 0 };
}

answerQuestions(answer);
