import { open, SealBroken } from '@integument/crypto';
import { byteaArray, int2Array, type Tx } from '@integument/database';
import type { DomainKeys, LiveIndex, Stamped } from '../keys/index.js';
import { tokenPlace, tokenStamp } from '../tokens/index.js';
import { countOf, FIRST, type Moved, type Mover } from './mover.js';

interface Row {
  readonly token: Buffer;
  readonly field: string;
  readonly domain: string;
  readonly sealed: Buffer;
  readonly domain_key: number | null;
  readonly person_id: Buffer | null;
  readonly person_key: number | null;
  readonly wrapped_key: Buffer | null;
}

type Made = Stamped & { readonly row: Row };

const OLD = 't.digest IS NOT NULL AND t.index_key IS DISTINCT FROM $1';

/** By what tokens that are the same for the same value are found: the value is opened, under whichever key, and digested anew. */
export class TokenDigests implements Mover {
  constructor(
    private readonly keys: DomainKeys,
    private readonly index: LiveIndex,
  ) {}

  count(tx: Tx, to: number): Promise<number> {
    return countOf(tx, `SELECT count(*) FROM token t WHERE ${OLD}`, [to]);
  }

  left(tx: Tx, version: number): Promise<number> {
    return countOf(tx, 'SELECT count(*) FROM token WHERE index_key = $1', [version]);
  }

  async move(tx: Tx, to: number, after: Buffer | null, size: number): Promise<Moved> {
    const rows = await tx.query<Row>(
      `SELECT t.token, t.field, t.domain, t.sealed, t.domain_key, t.person_id, p.domain_key AS person_key, p.wrapped_key
       FROM token t LEFT JOIN person p USING (person_id)
       WHERE ${OLD} AND t.token > $2 ORDER BY t.token LIMIT $3`,
      [to, after ?? FIRST, size],
    );
    const made = rows.flatMap((row) => this.restamped(row));
    const moved = made.length > 0 ? await write(tx, made) : 0;
    return { moved, next: rows.length === size ? (rows.at(-1)?.token ?? null) : null };
  }

  private restamped(row: Row): Made[] {
    try {
      const value = open(this.keyOf(row), row.sealed, tokenPlace(row.token)).toString('utf8');
      return [{ row, ...tokenStamp(this.index, row.domain, row.field, value) }];
    } catch (error) {
      if (error instanceof SealBroken) return [];
      throw error;
    }
  }

  private keyOf({ domain_key, person_id, person_key, wrapped_key }: Row): Buffer {
    if (domain_key !== null) return this.keys.lent(domain_key);
    if (!person_id || person_key === null || !wrapped_key) throw new SealBroken();
    return this.keys.unwrap('person', person_id, { domainKey: person_key, wrapped: wrapped_key });
  }
}

function write(tx: Tx, made: readonly Made[]): Promise<number> {
  return countOf(
    tx,
    `WITH free AS MATERIALIZED (
       SELECT token FROM token WHERE token = ANY($1::bytea[]) FOR NO KEY UPDATE SKIP LOCKED),
     moved AS (
       UPDATE token t SET digest = n.digest, index_key = n.index_key
       FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::int2[]) AS n(token, sealed, digest, index_key)
         JOIN free USING (token)
       WHERE t.token = n.token AND t.sealed = n.sealed RETURNING 1)
     SELECT count(*) FROM moved`,
    [
      byteaArray(made.map(({ row }) => row.token)),
      byteaArray(made.map(({ row }) => row.sealed)),
      byteaArray(made.map(({ digest }) => digest)),
      int2Array(made.map(({ indexKey }) => indexKey)),
    ],
  );
}
