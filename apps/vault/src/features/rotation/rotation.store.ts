import type { Tx } from '@integument/database';
import type { Domain, KeyState } from '../keys/index.js';
import { countOf } from './mover.js';

export type RotationState = 'arriving' | 'handing-over' | 'moving' | 'waiting' | 'done';
export type Why = 'age' | 'uses' | 'asked';

export interface RotationRow {
  readonly rotation_id: Buffer;
  readonly domain: Domain | 'root';
  readonly from_version: number;
  readonly to_version: number;
  /** null of the root */
  readonly to_key: number | null;
  readonly why: Why;
  readonly state: RotationState;
  readonly since: Date | null;
  readonly part: number;
  readonly cursor: Buffer | null;
  readonly moved: number;
  readonly total: number;
  readonly waiting: number;
  /** when what waits is looked at again; null: at once */
  readonly look_after: Date | null;
  /** whether rows are among what waits that were to be moved, and could not be */
  readonly stuck: boolean;
  readonly started_at: Date;
  readonly finished_at: Date | null;
}

export function toKeyOf({ to_key }: RotationRow): number {
  if (to_key === null) throw new Error('a rotation of a domain without a version');
  return to_key;
}

type Waiting = Pick<RotationRow, 'look_after' | 'since' | 'stuck' | 'waiting'>;

export interface VersionRow {
  readonly key_id: number;
  readonly domain: Domain;
  readonly version: number;
  readonly state: KeyState;
  readonly uses: number;
  readonly roots: number[];
  readonly current_at: Date | null;
  readonly retired_at: Date | null;
  readonly emptied_at: Date | null;
  readonly destroyed_at: Date | null;
}

const COLUMNS = `rotation_id, domain, from_version, to_version, to_key, why, state, since, part, cursor,
  moved::float8 AS moved, total::float8 AS total, waiting::float8 AS waiting, look_after, stuck, started_at, finished_at`;
const RUNNING = `state IN ('arriving', 'handing-over', 'moving')`;
const VERSION = `key_id, domain, version, state, uses::float8 AS uses, roots, current_at, retired_at, emptied_at, destroyed_at`;

export class RotationStore {
  async find(tx: Tx, rotationId: Buffer): Promise<RotationRow | null> {
    const rows = await tx.query<RotationRow>(`SELECT ${COLUMNS} FROM rotation WHERE rotation_id = $1`, [
      rotationId,
    ]);
    return rows[0] ?? null;
  }

  async findRunning(tx: Tx, domain: string): Promise<RotationRow | null> {
    const rows = await tx.query<RotationRow>(
      `SELECT ${COLUMNS} FROM rotation WHERE domain = $1 AND ${RUNNING}`,
      [domain],
    );
    return rows[0] ?? null;
  }

  /** The newest of each domain. */
  findNewest(tx: Tx): Promise<RotationRow[]> {
    return tx.query<RotationRow>(
      `SELECT DISTINCT ON (domain) ${COLUMNS} FROM rotation ORDER BY domain, started_at DESC, to_version DESC`,
    );
  }

  /** The newest of each domain: those before it end with it. */
  async findUnfinished(tx: Tx): Promise<Buffer[]> {
    const rows = await tx.query<{ rotation_id: Buffer }>(
      `SELECT DISTINCT ON (domain) rotation_id FROM rotation WHERE state <> 'done' ORDER BY domain, to_version DESC`,
    );
    return rows.map(({ rotation_id }) => rotation_id);
  }

  /** This one, and those of its domain that wait, the oldest first. */
  findWaiting(tx: Tx, { rotation_id, domain }: RotationRow): Promise<RotationRow[]> {
    return tx.query<RotationRow>(
      `SELECT ${COLUMNS} FROM rotation WHERE rotation_id = $1 OR (domain = $2 AND state = 'waiting')
       ORDER BY to_version`,
      [rotation_id, domain],
    );
  }

  /** How long the oldest transaction that a process of the vault has open has been so; milliseconds. */
  async oldestWork(tx: Tx): Promise<number> {
    const [row] = await tx.query<{ ms: number }>(
      `SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)) * 1000, 0)::float8 AS ms FROM pg_stat_activity
       WHERE datname = current_database() AND usename = session_user
         AND application_name = current_setting('application_name') AND pid <> pg_backend_pid()`,
    );
    return row?.ms ?? 0;
  }

  /** What is under an old version of the domain all the same is moved at once, by the newest rotation. */
  async reopen(tx: Tx, domain: string): Promise<void> {
    await tx.query(
      `UPDATE rotation r SET state = 'waiting', finished_at = NULL, look_after = NULL
       FROM (SELECT rotation_id FROM rotation WHERE domain = $1 ORDER BY to_version DESC LIMIT 1) AS newest
       WHERE r.rotation_id = newest.rotation_id AND r.state IN ('done', 'waiting')`,
      [domain],
    );
  }

  /** For one step of it. @returns null where another process is at it */
  async lock(tx: Tx, rotationId: Buffer): Promise<RotationRow | null> {
    const rows = await tx.query<RotationRow>(
      `SELECT ${COLUMNS} FROM rotation WHERE rotation_id = $1 AND state <> 'done' FOR UPDATE SKIP LOCKED`,
      [rotationId],
    );
    return rows[0] ?? null;
  }

  /** @returns false where the domain has one that runs */
  async insert(
    tx: Tx,
    row: Pick<
      RotationRow,
      'domain' | 'from_version' | 'rotation_id' | 'state' | 'to_key' | 'to_version' | 'why'
    >,
    askedBy: string | null,
    now: Date,
  ): Promise<boolean> {
    const rows = await tx.query(
      `INSERT INTO rotation (rotation_id, domain, from_version, to_version, to_key, why, asked_by, state, started_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING RETURNING 1`,
      [
        row.rotation_id,
        row.domain,
        row.from_version,
        row.to_version,
        row.to_key,
        row.why,
        askedBy,
        row.state,
        now,
      ],
    );
    return rows.length === 1;
  }

  async setSince(tx: Tx, rotationId: Buffer, since: Date): Promise<void> {
    await tx.query('UPDATE rotation SET since = $2 WHERE rotation_id = $1', [rotationId, since]);
  }

  /** Into another state, from its first row on; `since` is written once this is known to be committed. */
  async enter(tx: Tx, rotationId: Buffer, state: RotationState, total = 0): Promise<void> {
    await tx.query(
      `UPDATE rotation SET state = $2, since = NULL, part = 0, cursor = NULL, total = total + $3, waiting = 0
       WHERE rotation_id = $1`,
      [rotationId, state, total],
    );
  }

  async advance(
    tx: Tx,
    rotationId: Buffer,
    { part, cursor, moved }: Pick<RotationRow, 'cursor' | 'moved' | 'part'>,
  ): Promise<void> {
    await tx.query('UPDATE rotation SET part = $2, cursor = $3, moved = moved + $4 WHERE rotation_id = $1', [
      rotationId,
      part,
      cursor,
      moved,
    ]);
  }

  async wait(tx: Tx, rotationId: Buffer, { waiting, since, look_after, stuck }: Waiting): Promise<void> {
    await tx.query(
      `UPDATE rotation SET state = 'waiting', waiting = $2, since = $3, look_after = $4, stuck = $5 WHERE rotation_id = $1`,
      [rotationId, waiting, since, look_after, stuck],
    );
  }

  async finish(tx: Tx, rotationId: Buffer, now: Date): Promise<void> {
    await tx.query(
      `UPDATE rotation SET state = 'done', waiting = 0, since = NULL, cursor = NULL, finished_at = $2
       WHERE rotation_id = $1`,
      [rotationId, now],
    );
  }

  findVersions(tx: Tx, domain?: string): Promise<VersionRow[]> {
    return tx.query<VersionRow>(
      `SELECT ${VERSION} FROM domain_key WHERE $1::text IS NULL OR domain = $1 ORDER BY domain, version`,
      [domain ?? null],
    );
  }

  /** @returns the new version's id; null where another process was first */
  async insertVersion(
    tx: Tx,
    domain: string,
    version: number,
    wrapped: Buffer,
    root: number,
  ): Promise<number | null> {
    const rows = await tx.query<{ key_id: number }>(
      `INSERT INTO domain_key (domain, version, wrapped, roots, state, current_at)
       VALUES ($1, $2, $3, ARRAY[$4::int], 'arriving', NULL) ON CONFLICT DO NOTHING RETURNING key_id`,
      [domain, version, wrapped, root],
    );
    return rows[0]?.key_id ?? null;
  }

  async handOver(tx: Tx, domain: string, to: number, now: Date): Promise<void> {
    await tx.query(
      `UPDATE domain_key SET state = 'retiring', retired_at = $2 WHERE domain = $1 AND state = 'current'`,
      [domain, now],
    );
    await tx.query(`UPDATE domain_key SET state = 'current', current_at = $2 WHERE key_id = $1`, [to, now]);
  }

  async setEmptied(tx: Tx, keyId: number, now: Date | null): Promise<void> {
    await tx.query('UPDATE domain_key SET emptied_at = $2 WHERE key_id = $1', [keyId, now]);
  }

  /**
   * One process at a time destroys it. Who inserts under it does not wait, and there is nobody: who may not seal under it any more
   * has known for a day at least.
   */
  async lockVersion(tx: Tx, keyId: number): Promise<VersionRow | null> {
    const rows = await tx.query<VersionRow>(
      `SELECT ${VERSION} FROM domain_key WHERE key_id = $1 AND state = 'retiring' FOR UPDATE`,
      [keyId],
    );
    return rows[0] ?? null;
  }

  async destroy(tx: Tx, keyId: number, now: Date): Promise<void> {
    await tx.query(
      `UPDATE domain_key SET state = 'destroyed', wrapped = NULL, destroyed_at = $2 WHERE key_id = $1`,
      [keyId, now],
    );
  }

  /** Whether any domain is between two versions. */
  async isMoving(tx: Tx): Promise<boolean> {
    return (await countOf(tx, `SELECT count(*) FROM rotation WHERE ${RUNNING}`, [])) > 0;
  }

  /** The oldest version of the root key under which a key lies that moves on to the newest one; see `KeyLoader`. */
  async leastRoot(tx: Tx): Promise<number | null> {
    const [row] = await tx.query<{ least: number | null }>(
      `SELECT min(roots[cardinality(roots)]) AS least FROM domain_key
       WHERE state <> 'destroyed' AND emptied_at IS NULL AND NOT (domain = 'session' AND state = 'retiring')`,
    );
    return row?.least ?? null;
  }

  /** The oldest version of the root key under which any key lies that is not destroyed. */
  async leastKept(tx: Tx): Promise<number | null> {
    const [row] = await tx.query<{ least: number | null }>(
      `SELECT min(roots[cardinality(roots)]) AS least FROM domain_key WHERE state <> 'destroyed'`,
    );
    return row?.least ?? null;
  }

  /** How many keys have come under this version of the root key, or a later one, from before it. */
  countLaidUnder(tx: Tx, root: number): Promise<number> {
    return countOf(
      tx,
      'SELECT count(*) FROM domain_key WHERE roots[1] < $1 AND roots[cardinality(roots)] >= $1',
      [root],
    );
  }

  /** Whether any key that still is somewhere lies under this version of the root key. */
  countUnderRoot(tx: Tx, root: number): Promise<number> {
    return countOf(
      tx,
      `SELECT count(*) FROM domain_key WHERE state <> 'destroyed' AND roots[cardinality(roots)] = $1`,
      [root],
    );
  }
}
