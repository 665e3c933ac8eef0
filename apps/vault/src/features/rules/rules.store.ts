import type { Tx } from '@integument/database';

/** A version without its text. */
export interface RuleVersionRow {
  readonly version: number;
  readonly digest: Buffer;
  readonly rules: number;
  readonly reveals: number;
  readonly author: Buffer | null;
  readonly created_at: Date;
  readonly enacted_at: Date | null;
  readonly in_force: boolean;
}

export interface NewRuleVersion {
  readonly document: string;
  readonly digest: Buffer;
  readonly rules: number;
  readonly reveals: number;
  readonly author: Buffer;
}

const COLUMNS = `v.version, v.digest, v.rules, v.reveals, v.author, v.created_at, v.enacted_at,
  v.version = (SELECT f.version FROM rule_in_force f) AS in_force`;

const CURRENT = {
  name: 'rules.current',
  text: 'SELECT v.version, v.digest FROM rule_in_force f JOIN rule_version v USING (version)',
};

/** All SQL of the stored rules. */
export class RulesStore {
  async current(tx: Tx): Promise<{ version: number; digest: Buffer }> {
    const rows = await tx.query<{ version: number; digest: Buffer }>(CURRENT, []);
    const [row] = rows;
    if (!row) throw new Error('no version of the rules is in force');
    return row;
  }

  async findText(tx: Tx, version: number): Promise<string | null> {
    const rows = await tx.query<{ document: string }>(
      'SELECT document FROM rule_version WHERE version = $1',
      [version],
    );
    return rows[0]?.document ?? null;
  }

  /** Of one that is or was in force: a draft is for staff alone. */
  async findEnactedText(tx: Tx, version: number): Promise<string | null> {
    const rows = await tx.query<{ document: string }>(
      'SELECT document FROM rule_version WHERE version = $1 AND enacted_at IS NOT NULL',
      [version],
    );
    return rows[0]?.document ?? null;
  }

  findPage(tx: Tx, before: number, limit: number): Promise<RuleVersionRow[]> {
    return tx.query<RuleVersionRow>(
      `SELECT ${COLUMNS} FROM rule_version v WHERE v.version < $1 ORDER BY v.version DESC LIMIT $2`,
      [before, limit],
    );
  }

  async find(tx: Tx, version: number): Promise<RuleVersionRow | null> {
    const rows = await tx.query<RuleVersionRow>(
      `SELECT ${COLUMNS} FROM rule_version v WHERE v.version = $1`,
      [version],
    );
    return rows[0] ?? null;
  }

  async findByDigest(tx: Tx, digest: Buffer): Promise<RuleVersionRow | null> {
    const rows = await tx.query<RuleVersionRow>(`SELECT ${COLUMNS} FROM rule_version v WHERE v.digest = $1`, [
      digest,
    ]);
    return rows[0] ?? null;
  }

  /** Until the transaction ends nobody else drafts a version or puts one in force. */
  async lock(tx: Tx): Promise<number> {
    const rows = await tx.query<{ version: number }>('SELECT version FROM rule_in_force FOR UPDATE');
    return rows[0]?.version ?? 0;
  }

  /** Under the lock, so that the numbers have no gap. */
  async insert(tx: Tx, row: NewRuleVersion): Promise<void> {
    await tx.query(
      `INSERT INTO rule_version (version, document, digest, rules, reveals, author)
       SELECT max(version) + 1, $1, $2, $3, $4, $5 FROM rule_version`,
      [row.document, row.digest, row.rules, row.reveals, row.author],
    );
  }

  /** Under the lock. The newest version always stays, so that no number is given twice. @returns how many went */
  async deleteOldDrafts(tx: Tx, kept: number): Promise<number> {
    const rows = await tx.query<{ count: number }>(
      `WITH gone AS (
         DELETE FROM rule_version WHERE enacted_at IS NULL AND version IN (
           SELECT version FROM rule_version WHERE enacted_at IS NULL ORDER BY version DESC OFFSET $1)
         RETURNING 1)
       SELECT count(*)::int FROM gone`,
      [kept],
    );
    return rows[0]?.count ?? 0;
  }

  async putInForce(tx: Tx, version: number): Promise<void> {
    await tx.query('UPDATE rule_in_force SET version = $1, since = now()', [version]);
    await tx.query('UPDATE rule_version SET enacted_at = coalesce(enacted_at, now()) WHERE version = $1', [
      version,
    ]);
  }
}
