import type { AuditLog } from '@integument/audit-log';
import { encodeId, randomId } from '@integument/crypto';
import type { Tx, UnitOfWork } from '@integument/database';
import type { Keyring } from '../keyring/index.js';
import type { DomainKeys } from '../keys/index.js';
import { type Clock, databaseClock } from './clock.js';
import type { RootRow, RootStore } from './root.store.js';
import { type Asked, keyDestroyed, keyRotated, rotationFinished, VAULT } from './rotation.audit.js';
import type { RotationStore, Why } from './rotation.store.js';

/**
 * Versions of the root key, which the keyring has. A rotation is written down before the keyring makes the version, and is gone
 * on with by whoever finds it: the next version is the same one, however often it is asked for.
 */
export class RootKeys {
  constructor(
    private readonly roots: RootStore,
    private readonly store: RotationStore,
    private readonly keys: DomainKeys,
    private readonly keyring: Keyring,
    private readonly unitOfWork: UnitOfWork,
    private readonly audit: AuditLog,
    private readonly clock: Clock = databaseClock,
  ) {}

  /** Writes down which versions there are, since when as far as that was seen. */
  async look(): Promise<RootRow[]> {
    const { newest, available } = await this.keyring.versions();
    return this.unitOfWork.run(async (tx) => {
      const now = await this.clock(tx);
      for (const { version } of await this.roots.note(tx, newest, available, now)) {
        await this.audit.append(tx, keyDestroyed({ ...VAULT, details: { domain: 'root', version } }));
      }
      return this.roots.findAll(tx);
    });
  }

  /** @returns null where a rotation runs */
  async begin(tx: Tx, why: Why, by: Asked): Promise<Buffer | null> {
    if (await this.store.findRunning(tx, 'root')) return null;
    const rows = await this.roots.findAll(tx);
    const newest = Math.max(1, ...rows.map(({ version }) => version));
    const used = await this.store.leastRoot(tx);
    // Where the operator has made one already, that is the one to move to.
    const [from, to] = used !== null && used < newest ? [used, newest] : [newest, newest + 1];
    const rotationId = randomId();
    const row = { rotation_id: rotationId, domain: 'root', from_version: from, to_version: to } as const;
    const now = await this.clock(tx);
    const inserted = await this.store.insert(
      tx,
      { ...row, to_key: null, why, state: 'moving' },
      by?.askedBy ?? null,
      now,
    );
    if (!inserted) return null;
    const details = { domain: 'root', fromVersion: from, toVersion: to, why };
    await this.audit.append(
      tx,
      keyRotated({ ...(by?.facts ?? VAULT), object: encodeId('rot', rotationId), details }),
    );
    return rotationId;
  }

  /** Goes on with the rotation that runs, if one does. @returns whether one was finished */
  async goOn(): Promise<boolean> {
    const running = await this.unitOfWork.single((tx) => this.store.findRunning(tx, 'root'));
    if (!running) return false;
    const made = await this.alone(async (tx) => {
      const row = await this.store.lock(tx, running.rotation_id);
      return row !== null && (await this.keyring.makeVersion(row.to_version));
    });
    if (!made) return false;
    await this.keys.refresh();
    await this.keys.leaveOldRoots();
    await this.look();
    return this.unitOfWork.run(async (tx) => {
      const row = await this.store.lock(tx, running.rotation_id);
      if (!row) return false;
      // Not what this process has moved: others do so too, when they start, and one that was killed could not say what it had.
      const moved = await this.store.countLaidUnder(tx, row.to_version);
      await this.store.advance(tx, row.rotation_id, { part: 0, cursor: null, moved });
      await this.store.finish(tx, row.rotation_id, await this.clock(tx));
      const object = encodeId('rot', row.rotation_id);
      const details = { domain: 'root', toVersion: row.to_version };
      await this.audit.append(tx, rotationFinished({ ...VAULT, object, details }));
      return true;
    });
  }

  /**
   * Destroys what has had no key under it that opens anything for longer than the horizon, and has none at all now, the oldest first.
   * @returns the least version that may stay, where whoever runs the keyring has to do it
   */
  async destroyBefore(horizon: (now: Date) => Date): Promise<number | null> {
    const left = await this.alone(async (tx) => {
      const least = await this.leastThatStays(tx, horizon(await this.clock(tx)));
      if (least === null) return null;
      return { least, destroyed: await this.keyring.destroyBelow(least) };
    });
    if (!left) return null;
    await this.look();
    return left.destroyed ? null : left.least;
  }

  /** What is to be destroyed is decided while nobody makes a version, and destroyed before anybody does. */
  private alone<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.unitOfWork.run(async (tx) => {
      await this.roots.lock(tx);
      return work(tx);
    });
  }

  /** @returns null where no version below it is left to destroy */
  private async leastThatStays(tx: Tx, horizon: Date): Promise<number | null> {
    const rows = await this.roots.findAll(tx);
    const least = await this.firstKept(tx, rows, horizon);
    return rows.some(({ version, destroyed_at }) => version < least && !destroyed_at) ? least : null;
  }

  private async firstKept(tx: Tx, rows: readonly RootRow[], horizon: Date): Promise<number> {
    for (const { version, emptied_at, destroyed_at } of rows) {
      if (destroyed_at) continue;
      const over = emptied_at !== null && emptied_at <= horizon;
      if (!over || (await this.store.countUnderRoot(tx, version)) > 0) return version;
    }
    return 1;
  }
}
