import type { AuditLog } from '@integument/audit-log';
import { encodeId, randomId, randomKey } from '@integument/crypto';
import type { Tx, UnitOfWork } from '@integument/database';
import { type Keyring, requireOpens } from '../keyring/index.js';
import { type Domain, type DomainKeys, domainPlace, KEYS_LEASE_MS } from '../keys/index.js';
import { type Clock, databaseClock } from './clock.js';
import { Failures } from './failures.js';
import type { Mover, Under } from './mover.js';
import { type Asked, keyRotated, rotationFinished, VAULT } from './rotation.audit.js';
import type { RotationRow, RotationStore, VersionRow, Why } from './rotation.store.js';

export interface RotationsOptions {
  readonly clock?: Clock;
  /** milliseconds after which each process knows what was committed, or uses no key */
  readonly leaseMs?: number;
  /** rows in a transaction */
  readonly batch?: number;
}

/** A new version of a key, wrapped and not yet written. */
export interface NewVersion {
  readonly domain: Domain;
  readonly from: number;
  readonly to: number;
  readonly wrapped: Buffer;
  readonly root: number;
}

/** What was sealed at the last moment of a lease is written by then: no request takes longer. */
const WRITTEN_MS = 60_000;
/** How often what waits is looked at. */
const LOOK_MS = 60_000;
/** Under a session key nothing lies that outlasts this: replies are kept until the end of the next day. */
const SESSION_MS = 2 * 86_400_000;
const BATCH = 2_000;

/**
 * Rotates domain keys, each step a transaction of its own that any process may take, one at a time; a kill loses the step at
 * hand. The order, and what makes each step safe:
 *   arriving       the new version is there; nobody uses it until everybody can open with it (a lease)
 *   handing-over   it is the current one; nobody may seal under the old one any more after a lease
 *   moving         rows are moved, batch by batch, each batch with the cursor behind it
 *   waiting        what is left only time, or its owner, can move; it is counted
 *   done           nothing lies under old versions
 */
export class Rotations {
  readonly #clock: Clock;
  readonly #leaseMs: number;
  readonly #batch: number;

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
    this.#leaseMs = options.leaseMs ?? KEYS_LEASE_MS;
    this.#batch = options.batch ?? BATCH;
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

  /** @returns null where the domain is being rotated already */
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
    if (!inserted) throw new Error('a version without its rotation');
    const details = { domain, fromVersion: from, toVersion: to, why };
    const object = encodeId('rot', rotationId);
    await this.audit.append(tx, keyRotated({ ...(by?.facts ?? VAULT), object, details }));
    return rotationId;
  }

  /**
   * Goes on with everything that can go on just now: one that fails keeps no other from it.
   * @returns how many steps were taken
   */
  async tick(): Promise<number> {
    const unfinished = await this.unitOfWork.single((tx) => this.store.findUnfinished(tx));
    if (unfinished.length === 0) return 0;
    await this.keys.refresh();
    const failures = new Failures();
    let steps = 0;
    for (const rotationId of unfinished)
      while (await failures.beside(() => this.step(rotationId), false)) steps++;
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
    const waited = now.getTime() - row.since.getTime();
    if (row.state === 'waiting') return waited >= LOOK_MS && this.lookAgain(tx, row, now);
    if (row.state === 'arriving') return waited > this.#leaseMs && this.handOver(tx, row, now);
    return waited > this.#leaseMs + WRITTEN_MS && this.beginMoving(tx, row);
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
    if (!mover) return this.settle(tx, row, now);
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

  /** Everything was looked at once. @returns true only when it is done: what is left is looked at later */
  private async settle(tx: Tx, row: RotationRow, now: Date): Promise<boolean> {
    const waiting = await this.emptyVersions(tx, row, now);
    if (waiting !== null) {
      await this.store.wait(tx, row.rotation_id, waiting, now);
      return false;
    }
    await this.store.finish(tx, row.rotation_id, now);
    const details = { domain: row.domain, toVersion: row.to_version };
    const object = encodeId('rot', row.rotation_id);
    await this.audit.append(tx, rotationFinished({ ...VAULT, object, details }));
    return true;
  }

  private async lookAgain(tx: Tx, row: RotationRow, now: Date): Promise<boolean> {
    const running = await this.store.findRunning(tx, row.domain);
    // What a later rotation moves is not moved by this one.
    const movable = running || !this.seals(row) ? 0 : await this.countMovable(tx, row);
    if (movable === 0) return this.settle(tx, row, now);
    await this.store.enter(tx, row.rotation_id, 'moving', 0);
    return true;
  }

  private async countMovable(tx: Tx, row: RotationRow): Promise<number> {
    let count = 0;
    for (const mover of this.moversOf(row.domain)) count += await mover.count(tx, toKeyOf(row));
    return count;
  }

  /** Notes which versions before this one nothing lies under any more. @returns how many rows are under others; null: there is none */
  private async emptyVersions(tx: Tx, row: RotationRow, now: Date): Promise<number | null> {
    const versions = await this.store.findVersions(tx, row.domain);
    const under = await this.leftUnder(tx, row, versions);
    const rows = under.reduce((sum, one) => sum + one.rows, 0);
    let isLeft = rows > 0;
    for (const version of versions) {
      const { key_id, state, emptied_at } = version;
      if (state !== 'retiring' || emptied_at !== null || version.version >= row.to_version) continue;
      if (mayHold(under, key_id) || !restedLongEnough(version, now)) isLeft = true;
      else await this.store.setEmptied(tx, key_id, now);
    }
    return isLeft ? rows : null;
  }

  /** Rows under whatever came before the version that they are to lie under, or is not known at all. */
  private async leftUnder(tx: Tx, row: RotationRow, versions: readonly VersionRow[]): Promise<Under[]> {
    const later = new Set(
      versions.flatMap(({ key_id, version }) => (version > row.to_version ? [key_id] : [])),
    );
    const under: Under[] = [];
    for (const mover of this.moversOf(row.domain)) under.push(...(await mover.left(tx, toKeyOf(row))));
    return under.filter(({ version }) => version === null || !later.has(version));
  }

  /** Whether any row lies under it. */
  async holds(tx: Tx, { domain, key_id }: Pick<VersionRow, 'domain' | 'key_id'>): Promise<boolean> {
    for (const mover of this.moversOf(domain)) if (await mover.holds(tx, key_id)) return true;
    return false;
  }
}

function mayHold(under: readonly Under[], keyId: number): boolean {
  return under.some(({ version }) => version === null || version === keyId);
}

function restedLongEnough({ domain, retired_at }: VersionRow, now: Date): boolean {
  return domain !== 'session' || (retired_at !== null && now.getTime() - retired_at.getTime() >= SESSION_MS);
}

function toKeyOf({ to_key }: RotationRow): number {
  if (to_key === null) throw new Error('a rotation of a domain without a version');
  return to_key;
}
