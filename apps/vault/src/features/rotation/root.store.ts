import type { Tx } from '@integument/database';

export interface RootRow {
  readonly version: number;
  readonly current_at: Date;
  readonly retired_at: Date | null;
  /** since when no key lies under it under which anything lies: backups from then on don't need it */
  readonly emptied_at: Date | null;
  readonly destroyed_at: Date | null;
}

export class RootStore {
  /** Until the end of the transaction: one process at a time decides which versions there are to be. */
  async lock(tx: Tx): Promise<void> {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('integument/root-key', 0))`);
  }

  findAll(tx: Tx): Promise<RootRow[]> {
    return tx.query<RootRow>(
      'SELECT version, current_at, retired_at, emptied_at, destroyed_at FROM root_version ORDER BY version',
    );
  }

  /** @returns those that were not known to be destroyed before */
  async note(tx: Tx, newest: number, available: number, now: Date): Promise<{ version: number }[]> {
    await tx.query(
      `INSERT INTO root_version (version, current_at) SELECT version, $2 FROM generate_series(1, $1::int) AS version
       ON CONFLICT DO NOTHING`,
      [newest, now],
    );
    await tx.query('UPDATE root_version SET retired_at = $2 WHERE version < $1 AND retired_at IS NULL', [
      newest,
      now,
    ]);
    await this.noteEmptied(tx, now);
    return tx.query<{ version: number }>(
      `UPDATE root_version SET destroyed_at = $2 WHERE version < $1 AND destroyed_at IS NULL RETURNING version`,
      [available, now],
    );
  }

  /** A key that was wrapped before and written late takes it back. One of which nobody noted what it lies under may lie under any. */
  private async noteEmptied(tx: Tx, now: Date): Promise<void> {
    await tx.query(
      `UPDATE root_version AS root SET emptied_at = CASE WHEN seen.used THEN NULL ELSE $1::timestamptz END
       FROM (SELECT version, EXISTS (
               SELECT FROM domain_key WHERE state <> 'destroyed' AND domain_key.emptied_at IS NULL
                 AND (roots = '{}' OR roots[cardinality(roots)] = root_version.version)) AS used
             FROM root_version WHERE retired_at IS NOT NULL AND destroyed_at IS NULL) AS seen
       WHERE root.version = seen.version AND (root.emptied_at IS NULL) <> seen.used`,
      [now],
    );
  }
}
