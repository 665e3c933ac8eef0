import type { AuditLog } from '@integument/audit-log';
import { encodeId, randomId, randomKey } from '@integument/crypto';
import type { Tx, UnitOfWork } from '@integument/database';
import { type Keyring, requireOpens } from '../keyring/index.js';
import { type Domain, type DomainKeys, domainPlace, KEYS_LEASE_MS } from '../keys/index.js';
import { type Clock, databaseClock } from './clock.js';
import { Failures } from './failures.js';
import type { Mover, Under } from './mover.js';
import { type Asked, keyRotated, rotationFinished, VAULT } from './rotation.audit.js';
import { rotating } from './rotation.errors.js';
import type { RotationRow, RotationStore, VersionRow, Why } from './rotation.store.js';

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
const WRITTEN_MS = 60_000;
/** What was found empty is counted once more before the rotation is done: somebody may have come too late all the same. */
const CONFIRM_MS = 180_000;
/** How often what waits is looked at; less often where that costs, so that it takes no more than a hundredth of the time. */
const LOOK_MS = 60_000;
const LOOK_SHARE = 100;
const LOOK_SELDOM_MS = 3_600_000;
/** Under a session key nothing lies that outlasts this: replies are kept until the end of the next day, and are swept each hour. */
const SESSION_MS = 49 * 3_600_000;
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
    const under = await this.noteEmpty(tx, row, now);
    const versions = await this.store.findVersions(tx, row.domain);
    const took = (await this.#clock(tx)).getTime() - now.getTime();
    const pause = Math.max(LOOK_MS, Math.min(LOOK_SHARE * took, LOOK_SELDOM_MS));
    // Just now all that can be moved was: or there was nothing.
    const stuck = row.state === 'moving' && under.length > 0 && (await this.areMovable(tx, row));
    let isDone = false;
    for (const one of await this.store.findWaiting(tx, row)) {
      const { rows, until } = leftOf(one, versions, under, now);
      isDone = rows === 0 && until === null;
      const look_after = (rows === 0 && until) || after(now, pause);
      if (isDone) await this.finish(tx, one, now);
      else await this.store.wait(tx, one.rotation_id, { waiting: rows, since: now, look_after, stuck });
    }
    return isDone;
  }

  private async finish(tx: Tx, row: RotationRow, now: Date): Promise<void> {
    await this.store.finish(tx, row.rotation_id, now);
    const details = { domain: row.domain, toVersion: row.to_version };
    const object = encodeId('rot', row.rotation_id);
    await this.audit.append(tx, rotationFinished({ ...VAULT, object, details }));
  }

  /** Whether there is anything to be moved. It is looked for only as far as the first row. */
  private async lookAgain(tx: Tx, row: RotationRow, now: Date): Promise<boolean> {
    // What a later rotation moves is not moved by this one.
    if (await this.store.findRunning(tx, row.domain)) return false;
    if (!this.seals(row) || !(await this.areMovable(tx, row))) return this.settle(tx, row, now);
    // Of what came too late under a version that was found empty: its time begins anew.
    await this.noteEmpty(tx, row, now);
    await this.store.enter(tx, row.rotation_id, 'moving', 0);
    return true;
  }

  private async areMovable(tx: Tx, row: RotationRow): Promise<boolean> {
    for (const mover of this.moversOf(row.domain)) if (await mover.any(tx, toKeyOf(row))) return true;
    return false;
  }

  private async countMovable(tx: Tx, row: RotationRow): Promise<number> {
    let count = 0;
    for (const mover of this.moversOf(row.domain)) count += await mover.count(tx, toKeyOf(row));
    return count;
  }

  /** Notes under which versions nothing lies any more, or something all the same. @returns the rows that are counted for it */
  private async noteEmpty(tx: Tx, row: RotationRow, now: Date): Promise<Under[]> {
    const under = await this.leftUnder(tx, row);
    const versions = await this.store.findVersions(tx, row.domain);
    const old = versions.filter(({ version, state }) => state === 'retiring' && version < row.to_version);
    for (const version of old) {
      const isEmpty = !mayHold(under, version.key_id) && restedAt(version, now) <= now;
      if (isEmpty === (version.emptied_at !== null)) continue;
      await this.store.setEmptied(tx, version.key_id, isEmpty ? now : null);
    }
    return under;
  }

  /** Rows under any version but this one, which is the newest, and under what is not known at all. */
  private async leftUnder(tx: Tx, row: RotationRow): Promise<Under[]> {
    const under: Under[] = [];
    for (const mover of this.moversOf(row.domain)) under.push(...(await mover.left(tx, toKeyOf(row))));
    return under;
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

/** What a rotation waits for. */
interface Left {
  readonly rows: number;
  /** until then, though there may be no rows; null: for nothing */
  readonly until: Date | null;
}

/** Rows under what came before the rotation's version: under what is gone, too. And what is empty, but not for long enough. */
function leftOf(
  { to_version }: RotationRow,
  versions: readonly VersionRow[],
  under: readonly Under[],
  now: Date,
): Left {
  const others = new Set(versions.flatMap(({ key_id, version }) => (version >= to_version ? [key_id] : [])));
  const left = under.filter(({ version }) => version === null || !others.has(version));
  const old = versions.filter(({ version, state }) => state === 'retiring' && version < to_version);
  const until = new Date(Math.max(0, ...old.map((version) => sureAt(version, now).getTime())));
  return { rows: left.reduce((sum, { rows }) => sum + rows, 0), until: until > now ? until : null };
}

/** When nothing is under it that is known by its age alone. */
function restedAt({ domain, retired_at }: VersionRow, now: Date): Date {
  return domain === 'session' ? after(retired_at ?? now, SESSION_MS) : (retired_at ?? now);
}

/** When it was, or can be, found empty for the last time. */
function sureAt(version: VersionRow, now: Date): Date {
  if (!version.emptied_at) return restedAt(version, now);
  return version.domain === 'session' ? version.emptied_at : after(version.emptied_at, CONFIRM_MS);
}

function after(date: Date, ms: number): Date {
  return new Date(date.getTime() + ms);
}

function toKeyOf({ to_key }: RotationRow): number {
  if (to_key === null) throw new Error('a rotation of a domain without a version');
  return to_key;
}
