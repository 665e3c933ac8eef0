import type { AuditLog } from '@integument/audit-log';
import { encodeId, randomId, randomKey } from '@integument/crypto';
import type { Tx, UnitOfWork } from '@integument/database';
import { type Keyring, requireOpens } from '../keyring/index.js';
import { type Domain, type DomainKeys, domainPlace, KEYS_LEASE_MS } from '../keys/index.js';
import { type Clock, databaseClock } from './clock.js';
import { Failures } from './failures.js';
import type { Mover } from './mover.js';
import { type Asked, keyRotated, VAULT } from './rotation.audit.js';
import { rotating } from './rotation.errors.js';
import {
  type RotationRow,
  type RotationStore,
  toKeyOf,
  type VersionRow,
  type Why,
} from './rotation.store.js';
import { Settling } from './settling.js';

export interface RotationsOptions {
  readonly clock?: Clock;
  /** milliseconds after which each process knows what was committed, or uses no key */
  readonly leaseMs?: number;
  /** rows in a transaction */
  readonly batch?: number;
  /** one stretch of work at a rotation, behind which others have their turn */
  readonly sliceMs?: number;
}

/** A new version of a key, wrapped and not yet written. */
export interface NewVersion {
  readonly domain: Domain;
  readonly from: number;
  readonly to: number;
  readonly wrapped: Buffer;
  readonly root: number;
}

/** What was sealed at the last moment of a lease has its transaction by then; and of those that are open the end is waited for. */
export const WRITTEN_MS = 60_000;
const BATCH = 2_000;
const SLICE_MS = 2_000;

/**
 * Rotates domain keys, each step a transaction of its own that any process may take, one at a time; a kill loses the step at
 * hand. The order, and what makes each step safe:
 *   arriving       the new version is there; nobody uses it until everybody can open with it (a lease)
 *   handing-over   it is the current one; nobody may seal under the old one any more after a lease
 *   moving         rows are moved, batch by batch, each batch with the cursor behind it
 *   waiting        what is left only time, or its owner, can move; it is counted. Nothing may be: then it is counted once more
 *   done           nothing lies under old versions
 * Of a domain only the newest is gone on with: what waits with older ones is moved, counted and ended by it.
 */
export class Rotations {
  readonly #clock: Clock;
  readonly #settling: Settling;
  readonly #leaseMs: number;
  readonly #batch: number;
  readonly #sliceMs: number;

  constructor(
    private readonly store: RotationStore,
    private readonly keys: DomainKeys,
    private readonly keyring: Keyring,
    private readonly moversOf: (domain: string) => readonly Mover[],
    private readonly unitOfWork: UnitOfWork,
    private readonly audit: AuditLog,
    options: RotationsOptions = {},
  ) {
    this.#clock = options.clock ?? databaseClock;
    this.#settling = new Settling(store, moversOf, audit, this.#clock);
    this.#leaseMs = options.leaseMs ?? KEYS_LEASE_MS;
    this.#batch = options.batch ?? BATCH;
    this.#sliceMs = options.sliceMs ?? SLICE_MS;
  }

  /** Makes the next version of a domain's key. Outside of any transaction: the keyring is asked. */
  async prepare(domain: Domain): Promise<NewVersion> {
    const versions = await this.unitOfWork.single((tx) => this.store.findVersions(tx, domain));
    const from = Math.max(...versions.map(({ version }) => version));
    const key = { bytes: randomKey(), place: domainPlace(domain, from + 1) };
    const [wrapped] = await this.keyring.wrap([key]);
    if (!wrapped) throw new Error('the keyring wrapped nothing');
    // No process could read the versions beside one that doesn't open.
    await requireOpens(this.keyring, [key], [wrapped]);
    key.bytes.fill(0);
    return { domain, from, to: from + 1, wrapped, root: this.keyring.versionOf(wrapped) };
  }

  /** @returns null where the domain is being rotated already @throws CodedError `keys.rotating` where that begins just now */
  async begin(
    tx: Tx,
    { domain, from, to, wrapped, root }: NewVersion,
    why: Why,
    by: Asked,
  ): Promise<Buffer | null> {
    if (await this.store.findRunning(tx, domain)) return null;
    const keyId = await this.store.insertVersion(tx, domain, to, wrapped, root);
    if (keyId === null) return null;
    const rotationId = randomId();
    const row = { rotation_id: rotationId, domain, from_version: from, to_version: to, to_key: keyId, why };
    const now = await this.#clock(tx);
    const inserted = await this.store.insert(tx, { ...row, state: 'arriving' }, by?.askedBy ?? null, now);
    // One that waited goes on just now. The version goes with the transaction.
    if (!inserted) throw rotating();
    const details = { domain, fromVersion: from, toVersion: to, why };
    const object = encodeId('rot', rotationId);
    await this.audit.append(tx, keyRotated({ ...(by?.facts ?? VAULT), object, details }));
    return rotationId;
  }

  /**
   * Goes on with everything that can go on just now, each for a slice: one that is long, or fails, keeps no other from it.
   * @param stop ends it behind the step at hand
   * @returns how many steps were taken: where there were some, there may be more
   */
  async tick(stop?: AbortSignal): Promise<number> {
    const unfinished = await this.unitOfWork.single((tx) => this.store.findUnfinished(tx));
    if (unfinished.length === 0) return 0;
    await this.keys.refresh();
    const failures = new Failures();
    let steps = 0;
    for (const rotationId of unfinished) {
      const end = performance.now() + this.#sliceMs;
      while (!stop?.aborted && (await failures.beside(() => this.step(rotationId), false))) {
        steps++;
        if (performance.now() >= end) break;
      }
    }
    failures.tell();
    return steps;
  }

  /** @returns whether another step may follow at once */
  async step(rotationId: Buffer): Promise<boolean> {
    const before = await this.unitOfWork.run(async (tx) => {
      const row = await this.store.lock(tx, rotationId);
      if (!row || row.domain === 'root') return null;
      return (await this.take(tx, row)) ? row.state : null;
    });
    // The next step may need the version that this one has made the current one.
    if (before === 'arriving' || before === 'handing-over') await this.keys.refresh();
    return before !== null;
  }

  private async take(tx: Tx, row: RotationRow): Promise<boolean> {
    const now = await this.#clock(tx);
    if (row.state === 'moving') return this.move(tx, row, now);
    // Read here, so it was committed before now: from now on nobody reads it for the first time too late.
    if (row.since === null) {
      await this.store.setSince(tx, row.rotation_id, now);
      return true;
    }
    if (row.state === 'waiting') return (row.look_after ?? now) <= now && this.lookAgain(tx, row, now);
    if (!(await this.isOver(tx, now.getTime() - row.since.getTime()))) return false;
    return row.state === 'arriving' ? this.handOver(tx, row, now) : this.beginMoving(tx, row);
  }

  /**
   * Whether everybody knows the state, and what was begun before everybody did is written. Before rows are moved that is what was sealed
   * under the old version; before the new one is used it is what was added by digests of the old one alone, which nobody who
   * knows both could wait for.
   */
  private async isOver(tx: Tx, waited: number): Promise<boolean> {
    if (waited <= this.#leaseMs + WRITTEN_MS) return false;
    return (await this.store.oldestWork(tx)) < waited - this.#leaseMs;
  }

  private async handOver(tx: Tx, row: RotationRow, now: Date): Promise<true> {
    await this.store.handOver(tx, row.domain, toKeyOf(row), now);
    await this.store.enter(tx, row.rotation_id, 'handing-over');
    return true;
  }

  private async beginMoving(tx: Tx, row: RotationRow): Promise<boolean> {
    if (!this.seals(row)) return false;
    await this.store.enter(tx, row.rotation_id, 'moving', await this.countMovable(tx, row));
    return true;
  }

  private async move(tx: Tx, row: RotationRow, now: Date): Promise<boolean> {
    const mover = this.moversOf(row.domain)[row.part];
    if (!mover) return this.#settling.settle(tx, row, now);
    if (!this.seals(row)) return false;
    const { moved, next } = await mover.move(tx, toKeyOf(row), row.cursor, this.#batch);
    const part = next ? row.part : row.part + 1;
    await this.store.advance(tx, row.rotation_id, { part, cursor: next, moved });
    return true;
  }

  /** Whether this process seals under the version that rows are to be moved under. */
  private seals(row: RotationRow): boolean {
    return this.keys.now(row.domain as Domain).id === row.to_key;
  }

  /** Whether there is anything to be moved. It is looked for only as far as the first row. */
  private async lookAgain(tx: Tx, row: RotationRow, now: Date): Promise<boolean> {
    // What a later rotation moves is not moved by this one.
    if (await this.store.findRunning(tx, row.domain)) return false;
    if (!this.seals(row) || !(await this.#settling.areMovable(tx, row)))
      return this.#settling.settle(tx, row, now);
    // Of what came too late under a version that was found empty: its time begins anew.
    await this.#settling.noteEmpty(tx, row, now);
    await this.store.enter(tx, row.rotation_id, 'moving', 0);
    return true;
  }

  private async countMovable(tx: Tx, row: RotationRow): Promise<number> {
    let count = 0;
    for (const mover of this.moversOf(row.domain)) count += await mover.count(tx, toKeyOf(row));
    return count;
  }

  /** Whether any row lies under it. */
  async holds(tx: Tx, { domain, key_id }: Pick<VersionRow, 'domain' | 'key_id'>): Promise<boolean> {
    for (const mover of this.moversOf(domain)) if (await mover.holds(tx, key_id)) return true;
    return false;
  }
}
