import type { Regions } from '@integument/authz';
import type { TokenType } from '@integument/contracts';
import { bytesKey } from '@integument/crypto';
import { byteaArray, int2Array, int4Array, type Statement, type Tx, textArray } from '@integument/database';
import { inRegions } from '../people/index.js';
import { type PackedHolders, packedHolders, unpackedHolders } from './packed-holders.js';
import { PACKED, type PackedRow, unpacked } from './packed-tokens.js';
import type { NewTokenRow, StoredToken, TokenHolder } from './sealed-token.js';

/** A format-preserving token, which says neither field nor domain. */
export interface FormatName {
  readonly domain: string;
  readonly field: string;
  readonly format: string;
}

export interface DescribedToken {
  readonly field: string;
  readonly domain: string;
  readonly type: TokenType;
  readonly of_person: boolean;
  readonly created_on: string;
  readonly expires_at: Date | null;
  readonly uses_left: number | null;
}

interface TokenRow {
  token: Buffer;
  field: string;
  domain: string;
  person_id: Buffer | null;
  domain_key: number | null;
  sealed: Buffer;
  uses_left: number | null;
}

// Nothing else can be in these: one statement for values and audit entries, which is the whole transaction.
const INSERT_PLAIN: Statement = {
  name: 'tokens.insert_plain',
  text: `
    WITH audit AS (INSERT INTO audit_staging (entry) SELECT unnest($1::bytea[]))
    INSERT INTO token (token, field, domain, domain_key, sealed)
    SELECT * FROM unnest($2::bytea[], $3::text[], $4::text[], $5::int2[], $6::bytea[])`,
};

// Others each time: nothing can be in their way.
const INSERT_RANDOM: Statement = {
  name: 'tokens.insert_random',
  text: `
    INSERT INTO token (token, field, domain, person_id, domain_key, sealed, expires_at, uses_left)
    SELECT token, field, domain, person_id, domain_key, sealed, expires_at::timestamptz, uses_left
    FROM unnest($1::bytea[], $2::text[], $3::text[], $4::bytea[], $5::int2[], $6::bytea[], $7::text[], $8::int4[])
      AS given (token, field, domain, person_id, domain_key, sealed, expires_at, uses_left)`,
};

const INSERT_SAME: Statement = {
  name: 'tokens.insert_same',
  text: `
    INSERT INTO token (token, field, domain, person_id, domain_key, sealed, digest, index_key, format, of_stored)
    SELECT token, field, domain, person_id, domain_key, sealed, digest, index_key, format, of_stored = 1
    FROM unnest($1::bytea[], $2::text[], $3::text[], $4::bytea[], $5::int2[], $6::bytea[], $7::bytea[], $8::int2[],
      $9::text[], $10::int2[])
      AS given (token, field, domain, person_id, domain_key, sealed, digest, index_key, format, of_stored)
    ON CONFLICT DO NOTHING`,
};

const ALIVE = '(t.expires_at IS NULL OR t.expires_at > now())';
const COLUMNS = 't.token, t.field, t.domain, t.person_id, t.domain_key, t.sealed, t.uses_left';
const FIND: Statement = {
  name: 'tokens.find',
  text: `SELECT ${PACKED.columns} FROM token t WHERE t.token = ANY($1::bytea[]) AND ${ALIVE} GROUP BY ${PACKED.by}`,
};
const FIND_FORMATS: Statement = {
  name: 'tokens.find_formats',
  text: `
    SELECT ${COLUMNS}, t.format FROM unnest($1::text[], $2::text[], $3::text[]) AS given (domain, field, format)
    JOIN token t USING (domain, field, format) WHERE ${ALIVE}`,
};
const TAKEN = 'unnest($1::bytea[], $2::int4[]) AS taken (token, uses)';

export class TokensStore {
  async nextSegment(tx: Tx): Promise<bigint> {
    const [row] = await tx.query<{ segment: string }>(`SELECT nextval('token_segment') AS segment`);
    return BigInt(row?.segment ?? 0);
  }

  /** Random tokens without a person, an end or a limit, with their audit entries. */
  insertPlain(tx: Tx, rows: readonly NewTokenRow[], auditEntries: Buffer): void {
    tx.send(INSERT_PLAIN, [
      auditEntries,
      byteaArray(rows.map((row) => row.token)),
      textArray(rows.map((row) => row.field)),
      textArray(rows.map((row) => row.domain)),
      int2Array(rows.map((row) => row.domainKey)),
      byteaArray(rows.map((row) => row.sealed)),
    ]);
  }

  /** Random tokens of any kind. */
  insertRandom(tx: Tx, rows: readonly NewTokenRow[]): void {
    tx.send(INSERT_RANDOM, [
      ...sealedColumns(rows),
      textArray(rows.map((row) => row.expiresAt)),
      int4Array(rows.map((row) => row.usesLeft)),
    ]);
  }

  /** Tokens that are the same for the same value. Of a value that has its token already, or a format that is taken, none is written. */
  async insertSame(tx: Tx, rows: readonly NewTokenRow[]): Promise<void> {
    await tx.query(INSERT_SAME, [
      ...sealedColumns(rows),
      byteaArray(rows.map((row) => row.digest)),
      int2Array(rows.map((row) => row.indexKey)),
      textArray(rows.map((row) => row.format)),
      int2Array(rows.map((row) => Number(row.ofStored))),
    ]);
  }

  /** The tokens that values have already, under whichever version of the index key. @returns for each its token and format, or null */
  async findSame(
    tx: Tx,
    rows: readonly NewTokenRow[],
  ): Promise<({ token: Buffer; format: string | null } | null)[]> {
    const wanted = rows.flatMap((row, at) => row.digests.map((digest) => ({ row, at, digest })));
    const found = await tx.query<{ at: number; token: Buffer; format: string | null }>(
      `SELECT given.at, t.token, t.format
       FROM unnest($1::text[], $2::text[], $3::bytea[], $4::bytea[], $5::int4[]) AS given (domain, field, digest, person_id, at)
       JOIN token t ON t.domain = given.domain AND t.field = given.field AND t.digest = given.digest
         AND t.person_id IS NOT DISTINCT FROM given.person_id`,
      [
        textArray(wanted.map(({ row }) => row.domain)),
        textArray(wanted.map(({ row }) => row.field)),
        byteaArray(wanted.map(({ digest }) => digest)),
        byteaArray(wanted.map(({ row }) => row.personId)),
        int4Array(wanted.map(({ at }) => at)),
      ],
    );
    const byPlace = new Map(found.map(({ at, token, format }) => [at, { token, format }]));
    return rows.map((_, at) => byPlace.get(at) ?? null);
  }

  async find(tx: Tx, tokens: readonly Buffer[]): Promise<StoredToken[]> {
    return (await tx.query<PackedRow>(FIND, [byteaArray(tokens)])).flatMap(unpacked);
  }

  async findFormats(tx: Tx, names: readonly FormatName[]): Promise<(StoredToken & { format: string })[]> {
    const rows = await tx.query<TokenRow & { format: string }>(FIND_FORMATS, [
      textArray(names.map(({ domain }) => domain)),
      textArray(names.map(({ field }) => field)),
      textArray(names.map(({ format }) => format)),
    ]);
    return rows.map((row) => ({ ...storedToken(row), format: row.format }));
  }

  /** Holds tokens of limited use, in one order so that two requests don't wait for each other in a circle. @returns what each has left */
  async holdLimited(tx: Tx, tokens: readonly Buffer[]): Promise<ReadonlyMap<string, number>> {
    const held = await tx.query<{ token: Buffer; uses_left: number }>(
      'SELECT token, uses_left FROM token WHERE token = ANY($1::bytea[]) ORDER BY token FOR UPDATE',
      [byteaArray(tokens)],
    );
    return new Map(held.map(({ token, uses_left }) => [bytesKey(token), uses_left]));
  }

  /** Takes uses of tokens that are held. One that has none left is gone, with its value. */
  async takeUses(tx: Tx, uses: readonly { readonly token: Buffer; readonly count: number }[]): Promise<void> {
    const given = [byteaArray(uses.map(({ token }) => token)), int4Array(uses.map(({ count }) => count))];
    await tx.query(
      `DELETE FROM token t USING ${TAKEN} WHERE t.token = taken.token AND t.uses_left <= taken.uses`,
      given,
    );
    await tx.query(
      `UPDATE token t SET uses_left = uses_left - taken.uses FROM ${TAKEN} WHERE t.token = taken.token`,
      given,
    );
  }

  /** Those a client knows by these names, held against erasure until the transaction ends. */
  async holdByPseudonym(
    tx: Tx,
    clientId: string,
    pseudonyms: readonly Buffer[],
    regions: Regions,
  ): Promise<ReadonlyMap<string, TokenHolder>> {
    const rows = await tx.query<PackedHolders>(
      packedHolders(`
        SELECT c.pseudonym AS name, p.* FROM client_pseudonym c JOIN person p USING (person_id)
        WHERE c.client_id = $1 AND c.pseudonym = ANY($2::bytea[]) AND NOT p.erasing AND ${inRegions('$3')}
        ORDER BY p.person_id FOR SHARE OF p`),
      [clientId, byteaArray(pseudonyms), regions],
    );
    return unpackedHolders(rows);
  }

  /** The same of those whose tokens were found. */
  async hold(tx: Tx, people: readonly Buffer[]): Promise<ReadonlyMap<string, TokenHolder>> {
    const rows = await tx.query<PackedHolders>(
      packedHolders(`
        SELECT p.person_id AS name, p.* FROM person p
        WHERE p.person_id = ANY($1::bytea[]) AND NOT p.erasing ORDER BY p.person_id FOR SHARE OF p`),
      [byteaArray(people)],
    );
    return unpackedHolders(rows);
  }

  /** @returns how many there still were */
  async remove(tx: Tx, tokens: readonly Buffer[]): Promise<number> {
    const gone = await tx.query('DELETE FROM token WHERE token = ANY($1::bytea[]) RETURNING 1', [
      byteaArray(tokens),
    ]);
    return gone.length;
  }

  async describe(tx: Tx, token: Buffer): Promise<DescribedToken | null> {
    const [row] = await tx.query<DescribedToken>(
      `SELECT t.field, t.domain, t.person_id IS NOT NULL AS of_person, t.created_on::text, t.expires_at, t.uses_left,
         CASE WHEN t.format IS NOT NULL THEN 'format-preserving' WHEN t.digest IS NOT NULL THEN 'deterministic' ELSE 'random' END AS type
       FROM token t WHERE t.token = $1 AND ${ALIVE}`,
      [token],
    );
    return row ?? null;
  }

  /** @returns how many had ended */
  async sweepExpired(tx: Tx, most: number): Promise<number> {
    const gone = await tx.query(
      `DELETE FROM token WHERE token IN
         (SELECT token FROM token WHERE expires_at <= now() ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED) RETURNING 1`,
      [most],
    );
    return gone.length;
  }
}

function sealedColumns(rows: readonly NewTokenRow[]): Buffer[] {
  return [
    byteaArray(rows.map((row) => row.token)),
    textArray(rows.map((row) => row.field)),
    textArray(rows.map((row) => row.domain)),
    byteaArray(rows.map((row) => row.personId)),
    int2Array(rows.map((row) => row.domainKey)),
    byteaArray(rows.map((row) => row.sealed)),
  ];
}

function storedToken(row: TokenRow): StoredToken {
  return {
    token: row.token,
    field: row.field,
    domain: row.domain,
    personId: row.person_id,
    domainKey: row.domain_key,
    sealed: row.sealed,
    usesLeft: row.uses_left,
  };
}
