import { open, SealBroken, seal } from '@integument/crypto';
import { byteaArray, type Tx } from '@integument/database';
import type { DomainKeys } from '../keys/index.js';
import { tokenPlace } from '../tokens/index.js';
import { countOf, FIRST, type Moved, type Mover } from './mover.js';

interface Row {
  readonly token: Buffer;
  readonly domain_key: number;
  readonly sealed: Buffer;
}

/** Values that lie directly under the key of their domain: those of tokens that are nobody's. They are sealed anew. */
export class TokenValues implements Mover {
  constructor(private readonly keys: DomainKeys) {}

  count(tx: Tx, to: number): Promise<number> {
    return countOf(tx, 'SELECT count(*) FROM token WHERE domain_key <> $1', [to]);
  }

  left(tx: Tx, version: number): Promise<number> {
    return countOf(tx, 'SELECT count(*) FROM token WHERE domain_key = $1', [version]);
  }

  async move(tx: Tx, to: number, after: Buffer | null, size: number): Promise<Moved> {
    const rows = await tx.query<Row>(
      `SELECT token, domain_key, sealed FROM token
       WHERE domain_key <> $1 AND token > $2 ORDER BY token LIMIT $3`,
      [to, after ?? FIRST, size],
    );
    const { key, domainKey } = this.keys.lend('token', rows.length);
    if (domainKey !== to) return { moved: 0, next: null };
    const made = rows.flatMap((row) => this.resealed(row, key));
    const moved = made.length > 0 ? await write(tx, to, made) : 0;
    return { moved, next: rows.length === size ? (rows.at(-1)?.token ?? null) : null };
  }

  private resealed({ token, domain_key, sealed }: Row, key: Buffer): [Buffer, Buffer, Buffer][] {
    const place = tokenPlace(token);
    try {
      const value = open(this.keys.lent(domain_key), sealed, place);
      const again = seal(key, value, place);
      value.fill(0);
      return [[token, sealed, again]];
    } catch (error) {
      if (error instanceof SealBroken) return [];
      throw error;
    }
  }
}

function write(tx: Tx, to: number, rows: readonly [Buffer, Buffer, Buffer][]): Promise<number> {
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
      byteaArray(rows.map(([token]) => token)),
      byteaArray(rows.map(([, old]) => old)),
      byteaArray(rows.map(([, , sealed]) => sealed)),
      to,
    ],
  );
}
