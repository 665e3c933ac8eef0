import type { Tx } from '@integument/database';
import { expect } from 'vitest';
import type { TestVault } from '../../../apps/vault/src/vault.fixture.js';

interface Version {
  readonly key_id: number;
  readonly domain: string;
  readonly version: number;
  readonly state: string;
  readonly empty: boolean;
  /** how long it was kept when nothing lay under it any more; of sessions, when it was replaced */
  readonly keptDays: number | null;
  readonly roots: number[];
}

interface Rotation {
  readonly rotation_id: Buffer;
  readonly domain: string;
  readonly to_version: number;
  readonly state: string;
  readonly moved: number;
  readonly total: number;
  readonly waiting: number;
}

interface Root {
  readonly version: number;
  readonly retired: boolean;
  readonly destroyed: boolean;
  readonly keptDays: number | null;
}

/** What the vault says of its keys, and what really lies under them, at one moment. */
export interface Told {
  readonly versions: readonly Version[];
  /** the newest of each domain */
  readonly rotations: readonly Rotation[];
  readonly roots: readonly Root[];
  /** rows by the version that they lie under */
  readonly rows: ReadonlyMap<number, number>;
}

const KEPT_DAYS = (since: string) =>
  `extract(epoch FROM destroyed_at - ${since})::float8 / 86400 AS "keptDays"`;
const VERSIONS = `SELECT key_id, domain, version, state, emptied_at IS NOT NULL AS empty, roots,
  ${KEPT_DAYS("CASE domain WHEN 'session' THEN retired_at ELSE emptied_at END")} FROM domain_key`;
const ROTATIONS = `SELECT DISTINCT ON (domain) rotation_id, domain, to_version, state, moved::int, total::int, waiting::int
  FROM rotation ORDER BY domain, to_version DESC`;
const ROOTS = `SELECT version, retired_at IS NOT NULL AS retired, destroyed_at IS NOT NULL AS destroyed,
  ${KEPT_DAYS('emptied_at')} FROM root_version`;
/** Whatever names a version, in whichever table there is. */
const COLUMNS = `SELECT table_name AS of, column_name AS name FROM information_schema.columns
  WHERE table_schema = 'public' AND column_name IN ('domain_key', 'index_key')`;

export function told({ unitOfWork }: TestVault): Promise<Told> {
  return unitOfWork.run(async (tx) => {
    await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
    const versions = await tx.query<Version>(VERSIONS);
    const rotations = await tx.query<Rotation>(ROTATIONS);
    return { versions, rotations, roots: await tx.query<Root>(ROOTS), rows: await rowsUnder(tx) };
  });
}

/** Of coarse digests whole people are moved, so it is people who count. */
async function rowsUnder(tx: Tx): Promise<Map<number, number>> {
  const rows = new Map<number, number>();
  for (const { of, name } of await tx.query<{ of: string; name: string }>(COLUMNS)) {
    const count = of === 'person_index' ? 'count(DISTINCT person_id)' : 'count(*)';
    const sql = `SELECT ${name} AS key, ${count}::int AS rows FROM ${of} WHERE ${name} IS NOT NULL GROUP BY 1`;
    for (const { key, rows: more } of await tx.query<{ key: number; rows: number }>(sql)) {
      rows.set(key, (rows.get(key) ?? 0) + more);
    }
  }
  return rows;
}

/** Holds at every moment, whoever was killed at whatever. */
export function expectTrue(
  told: Told,
  /** days for which what is replaced is kept */
  horizon: number,
  /** rows that somebody else may have taken from under old versions meanwhile */
  replaced: (rotation: Rotation) => number,
): void {
  expectVersions(told);
  expectKept(told, horizon);
  for (const rotation of told.rotations) {
    if (rotation.domain === 'root') expectRoot(told, rotation);
    else expectProgress(told, rotation, replaced(rotation));
  }
  const gone = new Set(told.roots.filter(({ destroyed }) => destroyed).map(({ version }) => version));
  for (const { state, roots } of told.versions) {
    if (state !== 'destroyed') expect(gone).not.toContain(roots.at(-1));
  }
}

function expectVersions({ versions, rows }: Told): void {
  const known = new Map(versions.map((version) => [version.key_id, version]));
  for (const [key] of rows) expect(['current', 'retiring']).toContain(known.get(key)?.state);
  for (const { key_id, empty } of versions) if (empty) expect(rows.get(key_id)).toBeUndefined();
}

/** Nothing is destroyed before its time. What sessions have sealed is gone in two days and an hour. */
function expectKept({ versions, roots }: Told, horizon: number): void {
  for (const { domain, keptDays } of versions) {
    if (keptDays !== null) expect(keptDays).toBeGreaterThanOrEqual(domain === 'session' ? 49 / 24 : horizon);
  }
  for (const { keptDays } of roots) if (keptDays !== null) expect(keptDays).toBeGreaterThanOrEqual(horizon);
}

function expectProgress(told: Told, rotation: Rotation, replaced: number): void {
  const { domain, state, moved, total, waiting } = rotation;
  const left = leftOf(told, rotation);
  const seen = JSON.stringify({ ...rotation, left, replaced });
  if (state === 'done') expect([left, waiting], seen).toEqual([0, 0]);
  if (state === 'waiting' && domain !== 'session') expect(left, seen).toBeLessThanOrEqual(waiting);
  const isCounted = state !== 'arriving' && state !== 'handing-over';
  if (!isCounted) expect([moved, total]).toEqual([0, 0]);
  // Its rows are counted once, and each that is moved is moved once.
  expect(moved + left, seen).toBeLessThanOrEqual(isCounted ? total : Infinity);
  expect(moved + left, seen).toBeGreaterThanOrEqual(total - replaced);
}

function leftOf({ versions, rows }: Told, { domain, to_version }: Rotation): number {
  const old = versions.filter((one) => one.domain === domain && one.version < to_version);
  return old.reduce((sum, { key_id }) => sum + (rows.get(key_id) ?? 0), 0);
}

/** Every key that came under the new version from an older one was moved. */
function expectRoot({ versions }: Told, { state, to_version, moved }: Rotation): void {
  if (state !== 'done') return;
  const came = versions.filter(({ roots }) => roots.includes(to_version) && (roots[0] ?? 0) < to_version);
  expect(moved, 'keys laid under the new root').toBe(came.length);
}
