import { byteaArray, type Tx } from '@integument/database';
import type { TokenSealer } from '../tokens/index.js';
import { areThere, countOf, FIRST, type Moved, type Mover, madeOf, type Under, underOf } from './mover.js';

interface Row {
  readonly token: Buffer;
  readonly field: string;
  readonly domain: string;
  readonly domainKey: number;
  readonly sealed: Buffer;
}

interface Made {
  readonly row: Row;
  readonly sealed: Buffer;
}

/** Values that lie directly under the key of their domain: those of tokens that are nobody's. They are sealed anew. */
export class TokenValues implements Mover {
  constructor(private readonly sealer: TokenSealer) {}

  count(tx: Tx, to: number): Promise<number> {
    return countOf(tx, 'SELECT count(*) FROM token WHERE domain_key <> $1', [to]);
  }

  any(tx: Tx, to: number): Promise<boolean> {
    return areThere(tx, 'token WHERE domain_key <> $1', [to]);
  }

  left(tx: Tx, to: number): Promise<Under[]> {
    const sql =
      'SELECT domain_key AS version, count(*)::float8 AS rows FROM token WHERE domain_key <> $1 GROUP BY 1';
    return underOf(tx, sql, to);
  }

  holds(tx: Tx, version: number): Promise<boolean> {
    return areThere(tx, 'token WHERE domain_key = $1', [version]);
  }

  async move(tx: Tx, to: number, after: Buffer | null, size: number): Promise<Moved> {
    const rows = await tx.query<Row>(
      `SELECT token, field, domain, domain_key AS "domainKey", sealed FROM token
       WHERE domain_key <> $1 AND token > $2 ORDER BY token LIMIT $3`,
      [to, after ?? FIRST, size],
    );
    const made = rows.flatMap((row) => this.resealed(row, to));
    const moved = made.length > 0 ? await write(tx, to, made) : 0;
    return { moved, next: rows.length === size ? (rows.at(-1)?.token ?? null) : null };
  }

  private resealed(row: Row, to: number): Made[] {
    const made = madeOf(() => this.sealer.reseal({ ...row, personId: null }));
    return made?.domainKey === to ? [{ row, sealed: made.sealed }] : [];
  }
}

function write(tx: Tx, to: number, made: readonly Made[]): Promise<number> {
  return countOf(
    tx,
    `WITH free AS MATERIALIZED (
       SELECT token FROM token WHERE token = ANY($1::bytea[]) FOR NO KEY UPDATE SKIP LOCKED),
     moved AS (
       UPDATE token t SET domain_key = $4, sealed = n.sealed
       FROM unnest($1::bytea[], $2::bytea[], $3::bytea[]) AS n(token, old, sealed) JOIN free USING (token)
       WHERE t.token = n.token AND t.sealed = n.old RETURNING 1)
     SELECT count(*) FROM moved`,
    [
      byteaArray(made.map(({ row }) => row.token)),
      byteaArray(made.map(({ row }) => row.sealed)),
      byteaArray(made.map(({ sealed }) => sealed)),
      to,
    ],
  );
}
