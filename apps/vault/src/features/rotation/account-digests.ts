import { byteaArray, int2Array, type Tx } from '@integument/database';
import type { Stamped } from '../keys/index.js';
import type { PersonSealer } from '../people/index.js';
import { areThere, countOf, FIRST, type Moved, type Mover, madeOf, type Under, underOf } from './mover.js';

interface Row {
  readonly account: Buffer;
  readonly person_id: Buffer;
  readonly sealed: Buffer;
  readonly domain_key: number;
  readonly wrapped_key: Buffer;
}

type Made = Stamped & { readonly row: Row };

const OLD = 'a.sealed IS NOT NULL AND a.index_key IS DISTINCT FROM $1';

/** By what accounts sign in: from the copy under their person's key. One without a copy waits until it signs in again. */
export class AccountDigests implements Mover {
  constructor(private readonly sealer: PersonSealer) {}

  count(tx: Tx, to: number): Promise<number> {
    return countOf(tx, `SELECT count(*) FROM account a WHERE ${OLD}`, [to]);
  }

  any(tx: Tx, to: number): Promise<boolean> {
    return areThere(tx, `account a WHERE ${OLD}`, [to]);
  }

  left(tx: Tx, to: number): Promise<Under[]> {
    const sql = `SELECT index_key AS version, count(*)::float8 AS rows FROM account
       WHERE index_key IS DISTINCT FROM $1 GROUP BY 1`;
    return underOf(tx, sql, to);
  }

  holds(tx: Tx, version: number): Promise<boolean> {
    return areThere(tx, 'account WHERE coalesce(index_key, $1) = $1', [version]);
  }

  /** In the order of the digests, which the move itself changes: one that gets a higher one is met again, and left alone. */
  async move(tx: Tx, to: number, after: Buffer | null, size: number): Promise<Moved> {
    const rows = await tx.query<Row>(
      `SELECT a.account, a.person_id, a.sealed, p.domain_key, p.wrapped_key
       FROM account a JOIN person p USING (person_id)
       WHERE ${OLD} AND a.account > $2 ORDER BY a.account LIMIT $3`,
      [to, after ?? FIRST, size],
    );
    this.sealer.demandWarm(rows.map(wrappedOf));
    const made = rows.flatMap((row) => this.restamped(row));
    const moved = made.length > 0 ? await write(tx, made) : 0;
    return { moved, next: rows.length === size ? (rows.at(-1)?.account ?? null) : null };
  }

  private restamped(row: Row): Made[] {
    const stamped = madeOf(() => this.sealer.restampAccount(row.person_id, wrappedOf(row), row.sealed));
    return stamped ? [{ row, ...stamped }] : [];
  }
}

function wrappedOf({ domain_key: domainKey, wrapped_key: wrapped }: Row) {
  return { domainKey, wrapped };
}

// An account that has two people, from before there was a guard against it, stays with the second as it is, and is counted.
function write(tx: Tx, made: readonly Made[]): Promise<number> {
  return countOf(
    tx,
    `WITH free AS MATERIALIZED (
       SELECT account FROM account WHERE account = ANY($1::bytea[]) FOR UPDATE SKIP LOCKED),
     same AS (
       SELECT a.account, n.digest, n.index_key, row_number() OVER (PARTITION BY n.digest ORDER BY a.account) > 1
         OR EXISTS (SELECT FROM account o WHERE o.account = n.digest) AS taken
       FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::int2[]) AS n(account, sealed, digest, index_key)
         JOIN free USING (account) JOIN account a ON a.account = n.account AND a.sealed = n.sealed),
     moved AS (
       UPDATE account a SET account = s.digest, index_key = s.index_key FROM same s
       WHERE a.account = s.account AND NOT taken RETURNING 1)
     SELECT count(*) FROM moved`,
    [
      byteaArray(made.map(({ row }) => row.account)),
      byteaArray(made.map(({ row }) => row.sealed)),
      byteaArray(made.map(({ digest }) => digest)),
      int2Array(made.map(({ indexKey }) => indexKey)),
    ],
  );
}
