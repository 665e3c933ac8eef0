import { byteaArray, int2Array, type Tx, textArray } from '@integument/database';
import type { Catalogue } from '../catalogue/index.js';
import type { Stamped } from '../keys/index.js';
import type { TokenSealer } from '../tokens/index.js';
import { areThere, countOf, FIRST, type Moved, type Mover, madeOf, type Under, underOf } from './mover.js';

interface Row {
  readonly token: Buffer;
  readonly field: string;
  readonly domain: string;
  readonly sealed: Buffer;
  readonly format: string | null;
  readonly ofStored: boolean;
  readonly domainKey: number | null;
  readonly personId: Buffer | null;
  readonly personKey: number | null;
  readonly wrapped: Buffer | null;
}

type Made = Stamped & { readonly row: Row };

const OLD = 't.digest IS NOT NULL AND t.index_key IS DISTINCT FROM $1 AND t.field = ANY($2::text[])';

/**
 * By what tokens that are the same for the same value are found: the value is opened, under whichever key, and digested anew. What
 * a value is the same by only its field says: tokens of one that has left the catalogue wait until it is there again, or they go.
 */
export class TokenDigests implements Mover {
  constructor(
    private readonly sealer: TokenSealer,
    private readonly catalogue: Catalogue,
  ) {}

  count(tx: Tx, to: number): Promise<number> {
    return countOf(tx, `SELECT count(*) FROM token t WHERE ${OLD}`, [to, textArray(this.catalogue.names)]);
  }

  any(tx: Tx, to: number): Promise<boolean> {
    return areThere(tx, `token t WHERE ${OLD}`, [to, textArray(this.catalogue.names)]);
  }

  left(tx: Tx, to: number): Promise<Under[]> {
    const sql =
      'SELECT index_key AS version, count(*)::float8 AS rows FROM token WHERE index_key <> $1 GROUP BY 1';
    return underOf(tx, sql, to);
  }

  holds(tx: Tx, version: number): Promise<boolean> {
    return areThere(tx, 'token WHERE index_key = $1', [version]);
  }

  async move(tx: Tx, to: number, after: Buffer | null, size: number): Promise<Moved> {
    const rows = await tx.query<Row>(
      `SELECT t.token, t.field, t.domain, t.sealed, t.format, t.of_stored AS "ofStored", t.domain_key AS "domainKey", t.person_id AS "personId",
         p.domain_key AS "personKey", p.wrapped_key AS wrapped
       FROM token t LEFT JOIN person p USING (person_id)
       WHERE ${OLD} AND t.token > $3 ORDER BY t.token LIMIT $4`,
      [to, textArray(this.catalogue.names), after ?? FIRST, size],
    );
    this.sealer.demandWarm(rows.flatMap((row) => holderOf(row) ?? []));
    const made = rows.flatMap((row) => this.restamped(row));
    const moved = made.length > 0 ? await write(tx, made) : 0;
    return { moved, next: rows.length === size ? (rows.at(-1)?.token ?? null) : null };
  }

  private restamped(row: Row): Made[] {
    const field = this.catalogue.find(row.field);
    if (!field) return [];
    const stamped = madeOf(() => this.sealer.restamp(row, field, holderOf(row)));
    return stamped ? [{ row, ...stamped }] : [];
  }
}

function holderOf({ personId, personKey, wrapped }: Row) {
  return personId && personKey !== null && wrapped ? { personId, domainKey: personKey, wrapped } : null;
}

// Two values that were different may be the same one since the field is of another kind. Then one token, an older one if there is,
// is given from now on; the other leads to its value as before, and has no digest any more. One that has lost its digest since it was read,
// because the value that it is of was changed, stays without.
function write(tx: Tx, made: readonly Made[]): Promise<number> {
  return countOf(
    tx,
    `WITH free AS MATERIALIZED (
       SELECT token FROM token WHERE token = ANY($1::bytea[]) FOR NO KEY UPDATE SKIP LOCKED),
     same AS (
       SELECT t.token, n.index_key, n.digest, row_number() OVER (
           PARTITION BY t.domain, t.field, t.person_id, n.digest ORDER BY t.created_on, t.token) > 1
         OR EXISTS (SELECT FROM token o WHERE o.domain = t.domain AND o.field = t.field AND o.digest = n.digest
           AND o.person_id IS NOT DISTINCT FROM t.person_id) AS taken
       FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::int2[]) AS n(token, sealed, digest, index_key)
         JOIN free USING (token) JOIN token t ON t.token = n.token AND t.sealed = n.sealed),
     moved AS (
       UPDATE token t SET digest = CASE WHEN NOT taken THEN s.digest END, index_key = CASE WHEN NOT taken THEN s.index_key END
       FROM same s WHERE t.token = s.token AND t.digest IS NOT NULL RETURNING 1)
     SELECT count(*) FROM moved`,
    [
      byteaArray(made.map(({ row }) => row.token)),
      byteaArray(made.map(({ row }) => row.sealed)),
      byteaArray(made.map(({ digest }) => digest)),
      int2Array(made.map(({ indexKey }) => indexKey)),
    ],
  );
}
