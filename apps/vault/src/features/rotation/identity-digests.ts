import type { IdentityField } from '@integument/contracts';
import { byteaArray, int2Array, type Tx, textArray } from '@integument/database';
import type { PersonSealer } from '../people/index.js';
import { areThere, countOf, FIRST, type Moved, type Mover, madeOf, type Under, underOf } from './mover.js';

interface Row {
  readonly person_id: Buffer;
  readonly field: IdentityField;
  readonly sealed: Buffer;
  readonly domain_key: number;
  readonly wrapped_key: Buffer;
}

interface Made {
  readonly row: Row;
  readonly digest: Buffer | null;
  readonly indexKey: number | null;
}

const ID_BYTES = 16;
const OLD = 'digest IS NOT NULL AND index_key IS DISTINCT FROM $1';

/** Digests of identity values: each value is opened under its person's key, and digested anew. */
export class IdentityDigests implements Mover {
  constructor(private readonly sealer: PersonSealer) {}

  count(tx: Tx, to: number): Promise<number> {
    return countOf(tx, `SELECT count(*) FROM identity_value WHERE ${OLD}`, [to]);
  }

  any(tx: Tx, to: number): Promise<boolean> {
    return areThere(tx, `identity_value WHERE ${OLD}`, [to]);
  }

  /** One that says nothing of its version may be under any. */
  left(tx: Tx, to: number): Promise<Under[]> {
    const sql = `SELECT index_key AS version, count(*)::float8 AS rows FROM identity_value WHERE ${OLD} GROUP BY 1`;
    return underOf(tx, sql, to);
  }

  holds(tx: Tx, version: number): Promise<boolean> {
    return areThere(tx, 'identity_value WHERE digest IS NOT NULL AND coalesce(index_key, $1) = $1', [
      version,
    ]);
  }

  async move(tx: Tx, to: number, after: Buffer | null, size: number): Promise<Moved> {
    const [person, field] = [(after ?? FIRST).subarray(0, ID_BYTES), (after ?? FIRST).subarray(ID_BYTES)];
    const rows = await tx.query<Row>(
      `SELECT v.person_id, v.field, v.sealed, p.domain_key, p.wrapped_key
       FROM identity_value v JOIN person p USING (person_id)
       WHERE ${OLD} AND (v.person_id, v.field) > ($2, $3) ORDER BY v.person_id, v.field LIMIT $4`,
      [to, person, field.toString('utf8'), size],
    );
    this.sealer.demandWarm(rows.map(wrappedOf));
    const made = rows.flatMap((row) => this.restamped(row));
    const moved = made.length > 0 ? await write(tx, made) : 0;
    const last = rows.length === size ? rows.at(-1) : undefined;
    return { moved, next: last ? Buffer.concat([last.person_id, Buffer.from(last.field, 'utf8')]) : null };
  }

  private restamped(row: Row): Made[] {
    const made = madeOf(() => ({
      stamped: this.sealer.restamp(row.person_id, wrappedOf(row), row.field, row.sealed),
    }));
    if (!made) return [];
    const { stamped } = made;
    return [{ row, digest: stamped?.digest ?? null, indexKey: stamped?.indexKey ?? null }];
  }
}

function wrappedOf({ domain_key: domainKey, wrapped_key: wrapped }: Row) {
  return { domainKey, wrapped };
}

// Only beside what was read: a value that was replaced meanwhile has a digest of its own.
function write(tx: Tx, made: readonly Made[]): Promise<number> {
  return countOf(
    tx,
    `WITH free AS MATERIALIZED (
       SELECT person_id, field FROM identity_value
       WHERE (person_id, field) IN (SELECT * FROM unnest($1::bytea[], $2::text[])) FOR NO KEY UPDATE SKIP LOCKED),
     moved AS (
       UPDATE identity_value v SET digest = n.digest, index_key = n.index_key
       FROM unnest($1::bytea[], $2::text[], $3::bytea[], $4::bytea[], $5::int2[])
           AS n(person_id, field, sealed, digest, index_key)
         JOIN free USING (person_id, field)
       WHERE v.person_id = n.person_id AND v.field = n.field AND v.sealed = n.sealed RETURNING 1)
     SELECT count(*) FROM moved`,
    [
      byteaArray(made.map(({ row }) => row.person_id)),
      textArray(made.map(({ row }) => row.field)),
      byteaArray(made.map(({ row }) => row.sealed)),
      byteaArray(made.map(({ digest }) => digest)),
      int2Array(made.map(({ indexKey }) => indexKey)),
    ],
  );
}
