import type { listKeys, ReplyOf, readRotation } from '@integument/contracts';
import { encodeId } from '@integument/crypto';
import { SEALING } from '../keys/index.js';
import type { RootRow } from './root.store.js';
import type { RotationRow, VersionRow } from './rotation.store.js';

const DAY_MS = 86_400_000;

export type RotationView = ReplyOf<typeof readRotation>;
type VersionView = ReplyOf<typeof listKeys>['domains'][number]['versions'][number];

/** @param byOperator whether it is whoever runs the keyring who has to go on */
export function rotationView(row: RotationRow, byOperator: boolean): RotationView {
  return {
    rotation: encodeId('rot', row.rotation_id),
    domain: row.domain as RotationView['domain'],
    fromVersion: row.from_version,
    toVersion: row.to_version,
    why: row.why,
    state: row.state,
    waitsFor: byOperator ? 'operator' : waitsFor(row),
    done: row.moved,
    // The root's are not counted before, nor what came too late.
    total: Math.max(row.total, row.moved),
    waiting: row.waiting,
    startedAt: row.started_at.toISOString(),
    finishedAt: row.finished_at?.toISOString() ?? null,
  };
}

function waitsFor({ state, domain, waiting, stuck }: RotationRow): RotationView['waitsFor'] {
  if (state === 'done') return null;
  if (state === 'arriving' || state === 'handing-over') return 'processes';
  if (state === 'moving') return 'rows';
  // Nothing is left, and that is looked at once more.
  if (waiting === 0) return 'time';
  return domain === 'index' && !stuck ? 'sign-ins' : 'rows';
}

export function versionView(row: VersionRow, destroyAfterDays: number): VersionView {
  const { domain, state, emptied_at } = row;
  // Under a session key nothing lies by then that anybody would restore.
  const days = domain === 'session' ? 0 : destroyAfterDays;
  const over = state === 'retiring' && emptied_at ? new Date(emptied_at.getTime() + days * DAY_MS) : null;
  return {
    version: row.version,
    state,
    uses: (SEALING as readonly string[]).includes(domain) ? row.uses : null,
    currentAt: row.current_at?.toISOString() ?? null,
    retiredAt: row.retired_at?.toISOString() ?? null,
    emptiedAt: emptied_at?.toISOString() ?? null,
    destroyAfter: over?.toISOString() ?? null,
    destroyedAt: row.destroyed_at?.toISOString() ?? null,
  };
}

export function rootView(row: RootRow, destroyAfterDays: number): VersionView {
  const { destroyed_at, retired_at, emptied_at } = row;
  const over = emptied_at && new Date(emptied_at.getTime() + destroyAfterDays * DAY_MS);
  return {
    version: row.version,
    state: destroyed_at ? 'destroyed' : retired_at ? 'retiring' : 'current',
    uses: null,
    currentAt: row.current_at.toISOString(),
    retiredAt: retired_at?.toISOString() ?? null,
    emptiedAt: emptied_at?.toISOString() ?? null,
    destroyAfter: destroyed_at ? null : (over?.toISOString() ?? null),
    destroyedAt: destroyed_at?.toISOString() ?? null,
  };
}
