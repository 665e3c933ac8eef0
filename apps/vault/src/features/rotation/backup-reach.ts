import { dayOf } from '@integument/contracts';
import type { Tx } from '@integument/database';
import type { KeyLives } from '../../rotation-settings.js';
import { type Clock, databaseClock } from './clock.js';
import type { RootRow, RootStore } from './root.store.js';
import type { RotationStore, VersionRow } from './rotation.store.js';

const DAY_MS = 86_400_000;
/** A session key stays under the root key's version before until nothing lies under it, two days and an hour, and then that is seen. */
const ROOT_LEFT_MS = 3 * DAY_MS;

/** When backups no longer open what an erasure has destroyed. */
export interface Reach {
  /** the day, as planned or as it was */
  readonly on: string;
  /** whether it has come */
  readonly reached: boolean;
}

/**
 * A backup opens what it holds as long as any version of the root key exists that the domain keys of that time have lain under,
 * in that backup or in a later one.
 */
export class BackupReach {
  constructor(
    private readonly store: RotationStore,
    private readonly roots: RootStore,
    private readonly lives: KeyLives,
    private readonly clock: Clock = databaseClock,
  ) {}

  /** @param keyVersions of domain keys. @returns null where nobody has noted which */
  async of(tx: Tx, keyVersions: readonly number[] | null): Promise<Reach | null> {
    if (!keyVersions) return null;
    const now = await this.clock(tx);
    const versions = (await this.store.findVersions(tx)).filter(({ key_id }) => keyVersions.includes(key_id));
    const under = new Set(versions.flatMap(({ roots }) => roots));
    const roots = (await this.roots.findAll(tx)).filter(({ version }) => under.has(version));
    const complete = versions.length === keyVersions.length && roots.length === under.size;
    const reached = complete && [...versions, ...roots].every(({ destroyed_at }) => destroyed_at !== null);
    const planned = versions.map((version) => this.endOf(version, now));
    const ends = [...planned, ...roots.map((root) => this.endOfRoot(root, planned, now))];
    const last = Math.max(now.getTime() * Number(!reached), ...ends.map((end) => end.getTime()));
    return { on: dayOf(last), reached };
  }

  private endOf({ destroyed_at, emptied_at, state, current_at }: VersionRow, now: Date): Date {
    if (destroyed_at) return destroyed_at;
    if (emptied_at) return this.afterHorizon(emptied_at, now);
    if (state === 'retiring') return this.afterHorizon(now, now);
    return this.afterHorizon(this.afterRotation(current_at ?? now, now), now);
  }

  /** A root outlives all that lies under it. */
  private endOfRoot(
    { destroyed_at, emptied_at, retired_at, current_at }: RootRow,
    under: readonly Date[],
    now: Date,
  ): Date {
    if (destroyed_at) return destroyed_at;
    const left = emptied_at ?? this.leftBy(retired_at ?? this.afterRotation(current_at, now), now);
    const own = this.afterHorizon(left, now);
    return new Date(Math.max(own.getTime(), ...under.map((end) => end.getTime())));
  }

  private leftBy(retired: Date, now: Date): Date {
    return new Date(Math.max(retired.getTime() + ROOT_LEFT_MS, now.getTime()));
  }

  private afterRotation(since: Date, now: Date): Date {
    const due = since.getTime() + this.lives.rotationDays * DAY_MS;
    // It is due when it is, and takes its time: a day is told more, and none less.
    return new Date(Math.max(due, now.getTime()) + DAY_MS);
  }

  private afterHorizon(since: Date, now: Date): Date {
    return new Date(Math.max(since.getTime() + this.lives.destroyAfterDays * DAY_MS, now.getTime()));
  }
}
