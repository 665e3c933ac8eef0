import type { Tx } from '@integument/database';
import type { Domain, KeyState } from './key-version.js';

export interface DomainKeyRow {
  readonly key_id: number;
  readonly domain: Domain;
  readonly version: number;
  readonly state: KeyState;
  readonly wrapped: Buffer;
  /** nothing lies under it any more */
  readonly empty: boolean;
  readonly roots: number[];
}

export class KeysStore {
  /** All that still are somewhere. */
  findAll(tx: Tx, domains: readonly string[]): Promise<DomainKeyRow[]> {
    return tx.query<DomainKeyRow>(
      `SELECT key_id, domain, version, state, wrapped, emptied_at IS NOT NULL AS empty, roots FROM domain_key
       WHERE domain = ANY($1) AND state <> 'destroyed' ORDER BY domain, version`,
      [domains],
    );
  }

  /**
   * Only in the place of what was read: of two processes that start together the first one's stays. And not what has become empty
   * since: that goes with the root before.
   * @param root the version of the root key that it lies under from then on
   */
  async rewrap(tx: Tx, { key_id, wrapped }: DomainKeyRow, rewrapped: Buffer, root: number): Promise<void> {
    await tx.query(
      'UPDATE domain_key SET wrapped = $3, roots = roots || $4::int WHERE key_id = $1 AND wrapped = $2 AND emptied_at IS NULL',
      [key_id, wrapped, rewrapped, root],
    );
  }

  /** Of keys from before this was written down. */
  async noteRoots(tx: Tx, keyId: number, roots: readonly number[]): Promise<void> {
    await tx.query(`UPDATE domain_key SET roots = $2 WHERE key_id = $1 AND roots = '{}'`, [keyId, roots]);
  }

  /** Two processes that start together may both try: the first stays. */
  async insertIfAbsent(tx: Tx, domain: string, wrapped: Buffer, root: number): Promise<void> {
    await tx.query(
      `INSERT INTO domain_key (domain, version, wrapped, roots) VALUES ($1, 1, $2, ARRAY[$3::int])
       ON CONFLICT DO NOTHING`,
      [domain, wrapped, root],
    );
  }

  /**
   * Reserves sealings under a key before they are made: a crash wastes some, and none is ever missed.
   * @returns false where the key is not current any more, or has had as many as it may
   */
  async reserve(tx: Tx, keyId: number, uses: number): Promise<boolean> {
    const rows = await tx.query(
      `UPDATE domain_key SET uses = uses + $2
       WHERE key_id = $1 AND state = 'current' AND uses + $2 <= 4294967296 RETURNING 1`,
      [keyId, uses],
    );
    return rows.length === 1;
  }

  async hasStaff(tx: Tx): Promise<boolean> {
    const [row] = await tx.query<{ any: boolean }>('SELECT EXISTS (SELECT FROM staff) AS any');
    return row?.any ?? false;
  }
}
