import type { AuditLog } from '@integument/audit-log';
import type { Tx, UnitOfWork } from '@integument/database';
import type { KeyLives } from '../../rotation-settings.js';
import { type Domain, SEALING } from '../keys/index.js';
import { type Clock, databaseClock } from './clock.js';
import { Failures } from './failures.js';
import type { RootKeys } from './root-keys.js';
import { keyDestroyed, VAULT } from './rotation.audit.js';
import type { RotationStore, VersionRow, Why } from './rotation.store.js';
import type { Rotations } from './rotations.js';

const DAY_MS = 86_400_000;

/** All but the one that makes names. */
export const ROTATED: readonly Domain[] = [...SEALING, 'index'];

/**
 * What happens to keys by itself: rotations by age and by uses, and the destruction of what has been replaced for longer than
 * backups are kept. That is what makes an erasure reach them: a wrapped key in an old backup lies under a version that is
 * nowhere any more.
 */
export class KeySchedule {
  constructor(
    private readonly store: RotationStore,
    private readonly rotations: Rotations,
    private readonly root: RootKeys,
    private readonly unitOfWork: UnitOfWork,
    private readonly audit: AuditLog,
    private readonly lives: KeyLives,
    private readonly clock: Clock = databaseClock,
  ) {}

  /**
   * Rounds, until there is nothing that can go on just now: harmless when repeated, and by any number of processes.
   * @param stop ends it behind the step at hand
   */
  async run(stop?: AbortSignal): Promise<void> {
    const failures = new Failures();
    while ((await this.round(failures, stop)) && !stop?.aborted);
    failures.tell();
  }

  /** @returns whether rows may be left that can be moved at once */
  private async round(failures: Failures, stop?: AbortSignal): Promise<boolean> {
    // What can't be rotated must not keep what is due from being destroyed, nor one domain another.
    await failures.beside(() => this.root.look(), null);
    await failures.beside(() => this.beginDue(failures), undefined);
    const steps = await failures.beside(() => this.rotations.tick(stop), 0);
    await failures.beside(() => this.root.goOn(), false);
    await failures.beside(() => this.destroyReplaced(failures), undefined);
    await failures.beside(() => this.root.destroyBefore((now) => this.horizon(now)), null);
    return steps > 0;
  }

  private async beginDue(failures: Failures): Promise<void> {
    const { now, versions } = await this.unitOfWork.run(async (tx) => ({
      now: await this.clock(tx),
      versions: await this.store.findVersions(tx),
    }));
    let moving = versions.some(({ state }) => state === 'arriving');
    for (const version of versions) {
      const why = this.dueFor(version, now);
      if (!why) continue;
      moving = true;
      await failures.beside(() => this.beginOf(version.domain, why), undefined);
    }
    if (!moving) await this.beginRoot(now);
  }

  private async beginOf(domain: Domain, why: Why): Promise<void> {
    // Each process looks every few seconds: the keyring is not asked for what is being rotated already.
    if (await this.unitOfWork.single((tx) => this.store.findRunning(tx, domain))) return;
    const prepared = await this.rotations.prepare(domain);
    await this.unitOfWork.run((tx) => this.rotations.begin(tx, prepared, why, null));
  }

  /**
   * After the domains: the versions before theirs then stay under the root's version before, and go with it. The other way round
   * they would be laid under the new one, and a backup would hold them for a round longer.
   */
  private async beginRoot(now: Date): Promise<void> {
    const newest = (await this.root.look()).at(-1);
    if (!newest) return;
    await this.unitOfWork.run(async (tx) => {
      if (await this.store.isMoving(tx)) return;
      const least = await this.store.leastRoot(tx);
      const behind = least !== null && least < newest.version;
      if (behind || this.isOld(newest.current_at, now)) await this.root.begin(tx, 'age', null);
    });
  }

  private dueFor({ domain, state, current_at, uses }: VersionRow, now: Date): Why | null {
    if (state !== 'current' || !ROTATED.includes(domain)) return null;
    if (uses >= this.lives.mostUses) return 'uses';
    return current_at && this.isOld(current_at, now) ? 'age' : null;
  }

  private isOld(since: Date, now: Date): boolean {
    return now.getTime() - since.getTime() >= this.lives.rotationDays * DAY_MS;
  }

  private horizon(now: Date): Date {
    return new Date(now.getTime() - this.lives.destroyAfterDays * DAY_MS);
  }

  private async destroyReplaced(failures: Failures): Promise<void> {
    const versions = await this.unitOfWork.single((tx) => this.store.findVersions(tx));
    for (const { key_id, state, emptied_at } of versions) {
      if (state !== 'retiring' || !emptied_at) continue;
      await failures.beside(() => this.destroy(key_id), undefined);
    }
  }

  private destroy(keyId: number): Promise<void> {
    return this.unitOfWork.run(async (tx) => {
      const version = await this.store.lockVersion(tx, keyId);
      const now = await this.clock(tx);
      if (!version?.emptied_at || !this.isOver(version, now)) return;
      // A row that turned up late keeps it, and is moved at once.
      if (await this.rotations.holds(tx, version)) return this.keep(tx, version);
      await this.store.destroy(tx, keyId, now);
      const details = { domain: version.domain, version: version.version };
      await this.audit.append(tx, keyDestroyed({ ...VAULT, details }));
    });
  }

  private async keep(tx: Tx, { key_id, domain }: VersionRow): Promise<void> {
    await this.store.setEmptied(tx, key_id, null);
    await this.store.reopen(tx, domain);
  }

  /** Nobody restores a session: what it sealed is gone, so its key goes at once. */
  private isOver({ domain, emptied_at }: VersionRow, now: Date): boolean {
    return domain === 'session' || (emptied_at !== null && emptied_at <= this.horizon(now));
  }
}
