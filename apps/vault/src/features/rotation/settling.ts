import type { AuditLog } from '@integument/audit-log';
import { encodeId } from '@integument/crypto';
import type { Tx } from '@integument/database';
import type { Clock } from './clock.js';
import type { Mover, Under } from './mover.js';
import { rotationFinished, VAULT } from './rotation.audit.js';
import { type RotationRow, type RotationStore, toKeyOf, type VersionRow } from './rotation.store.js';

/** What was found empty is counted once more before the rotation is done: somebody may have come too late all the same. */
const CONFIRM_MS = 180_000;
/** How often what waits is looked at; less often where that costs, so that it takes no more than a hundredth of the time. */
const LOOK_MS = 60_000;
const LOOK_SHARE = 100;
const LOOK_SELDOM_MS = 3_600_000;
/** Under a session key nothing lies that outlasts this: replies are kept until the end of the next day, and are swept each hour. */
const SESSION_MS = 49 * 3_600_000;

/** The end of a rotation: what is left under old versions is counted, and waited for, until nothing can be. */
export class Settling {
  constructor(
    private readonly store: RotationStore,
    private readonly moversOf: (domain: string) => readonly Mover[],
    private readonly audit: AuditLog,
    private readonly clock: Clock,
  ) {}

  /** Everything was looked at once. @returns true only when it is done: what is left is looked at later */
  async settle(tx: Tx, row: RotationRow, now: Date): Promise<boolean> {
    const under = await this.noteEmpty(tx, row, now);
    const versions = await this.store.findVersions(tx, row.domain);
    const took = (await this.clock(tx)).getTime() - now.getTime();
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

  /** Whether there is anything that can be moved. It is looked for only as far as the first row. */
  async areMovable(tx: Tx, row: RotationRow): Promise<boolean> {
    for (const mover of this.moversOf(row.domain)) if (await mover.any(tx, toKeyOf(row))) return true;
    return false;
  }

  /** Notes under which versions nothing lies any more, or something all the same. @returns the rows that are counted for it */
  async noteEmpty(tx: Tx, row: RotationRow, now: Date): Promise<Under[]> {
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
