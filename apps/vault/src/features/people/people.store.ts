import type { Regions } from '@integument/authz';
import type { IdentityField } from '@integument/contracts';
import { bytesKey } from '@integument/crypto';
import { byteaArray, int2Array, type Tx, textArray } from '@integument/database';
import type { WrappedKey } from '../keys/index.js';
import { digestColumns, type Indexed } from './person-index.js';
import type { SealedAccount, SealedPerson, SealedValue } from './sealed-person.js';

/** Everything one enrolment writes. */
export interface EnrolmentRow {
  readonly person: SealedPerson;
  readonly region: string | null;
  readonly clientId: string | null;
  readonly pseudonym: Buffer | null;
  readonly account: SealedAccount | null;
  /** null where nothing is written in coarse indexes */
  readonly indexed: Indexed | null;
}

export interface FoundPerson extends SealedPerson {
  readonly pseudonym: Buffer;
  readonly enrolledOn: string;
  readonly region: string | null;
  /** by which plan their digests in the coarse indexes were made */
  readonly searchPlan: number | null;
  /** digest of the email that a letter came back from */
  readonly undeliverable: Buffer | null;
}

export type KnownPerson = Omit<FoundPerson, 'pseudonym'>;

type Lock = 'FOR NO KEY UPDATE' | 'FOR SHARE';

export interface PersonRow {
  person_id: Buffer;
  domain_key: number;
  wrapped_key: Buffer;
  subject: Buffer;
  enrolled_on: string;
  region: string | null;
  search_plan: number | null;
  undeliverable: Buffer | null;
  pseudonym: Buffer | null;
  fields: IdentityField[] | null;
  sealed: Buffer[] | null;
}

// One statement for people, values, pseudonyms, accounts and audit entries: it is the whole transaction.
const ENROL = { name: 'people.enrol', text: enrolling('', '', '') };
/** The same with what stands in coarse indexes, where there are any. */
const ENROL_INDEXED = {
  name: 'people.enrol_indexed',
  text: enrolling(
    ', search_plan',
    ', $19::int2[]',
    `digests AS (
      INSERT INTO person_index (person_id, index_id, index_key, digest)
      SELECT * FROM unnest($20::bytea[], $21::int2[], $22::int2[], $23::bytea[])),`,
  ),
};

function enrolling(column: string, parameter: string, digests: string): string {
  return `
    WITH audit AS (INSERT INTO audit_staging (entry) SELECT unnest($1::bytea[])),
    people AS (
      INSERT INTO person (person_id, domain_key, wrapped_key, subject, region${column})
      SELECT * FROM unnest($2::bytea[], $3::int2[], $4::bytea[], $5::bytea[], $15::text[]${parameter})),
    names AS (
      INSERT INTO client_pseudonym (person_id, client_id, pseudonym)
      SELECT * FROM unnest($6::bytea[], $7::text[], $8::bytea[])),
    ${digests}
    accounts AS (
      INSERT INTO account (person_id, account, index_key, sealed)
      SELECT * FROM unnest($9::bytea[], $10::bytea[], $17::int2[], $18::bytea[]))
    INSERT INTO identity_value (person_id, field, sealed, digest, index_key)
    SELECT * FROM unnest($11::bytea[], $12::text[], $13::bytea[], $14::bytea[], $16::int2[])`;
}

/** Somebody with their values, of `person p`. */
export const PERSON = `
  p.person_id, p.domain_key, p.wrapped_key, p.subject, p.enrolled_on::text, p.region, p.search_plan, p.undeliverable,
  (SELECT array_agg(v.field ORDER BY v.field) FROM identity_value v WHERE v.person_id = p.person_id) AS fields,
  (SELECT array_agg(v.sealed ORDER BY v.field) FROM identity_value v WHERE v.person_id = p.person_id) AS sealed`;

const READ_FIELDS = {
  name: 'people.read_fields',
  text: `
    SELECT p.person_id, p.domain_key, p.wrapped_key, p.subject, p.enrolled_on::text, p.region, p.search_plan, p.undeliverable,
      NULL AS pseudonym, v.fields, v.sealed
    FROM (SELECT person_id, array_agg(field) AS fields, array_agg(sealed) AS sealed FROM identity_value
      WHERE person_id = ANY($1::bytea[]) AND field = ANY($2::text[]) GROUP BY person_id) AS v
    JOIN person p USING (person_id)`,
};

/** Of those whom a caller may be told of: in these regions, or everybody (null). Who has no region is in none. */
export function inRegions(parameter: `$${number}`): string {
  const regions = `${parameter}::text[]`;
  return `(${regions} IS NULL OR p.region = ANY(${regions}) OR split_part(p.region, '-', 1) = ANY(${regions}))`;
}

/** The name under which staff know people: the console is one client among others. */
export const CONSOLE = 'console';

export class PeopleStore {
  async enrol(tx: Tx, rows: readonly EnrolmentRow[], auditEntries: Buffer): Promise<void> {
    const parameters = enrolParameters(rows, auditEntries);
    if (rows.every(({ indexed }) => indexed === null)) await tx.query(ENROL, parameters);
    else await tx.query(ENROL_INDEXED, [...parameters, ...indexParameters(rows)]);
  }

  /** Locks the person against erasure while the answer is being made. */
  findByPseudonym(
    tx: Tx,
    clientId: string,
    pseudonym: Buffer,
    regions: Regions,
  ): Promise<FoundPerson | null> {
    return this.byPseudonym(tx, clientId, pseudonym, regions, 'FOR SHARE');
  }

  /**
   * The same, and against a change until the transaction ends. The lock is a statement of its own, behind which the values are read: in one
   * statement they would be those of before it was waited for.
   */
  readUnchanging(tx: Tx, clientId: string, pseudonym: Buffer, regions: Regions): Promise<FoundPerson | null> {
    return this.lockFirst(tx, clientId, pseudonym, regions, 'FOR SHARE');
  }

  /** For a change: of two that come together the second waits for the first, and reads what that has left. */
  lockByPseudonym(
    tx: Tx,
    clientId: string,
    pseudonym: Buffer,
    regions: Regions,
  ): Promise<FoundPerson | null> {
    return this.lockFirst(tx, clientId, pseudonym, regions, 'FOR NO KEY UPDATE');
  }

  /** Where the person lives, of those whom the caller may be told of. @returns null where there is none such */
  async findRegion(
    tx: Tx,
    clientId: string,
    pseudonym: Buffer,
    regions: Regions,
  ): Promise<{ region: string | null } | null> {
    const rows = await tx.query<{ region: string | null }>(
      `SELECT p.region FROM person p JOIN client_pseudonym c USING (person_id)
       WHERE c.pseudonym = $1 AND c.client_id = $2 AND NOT p.erasing AND ${inRegions('$3')}`,
      [pseudonym, clientId, regions],
    );
    return rows[0] ?? null;
  }

  async findById(tx: Tx, personId: Buffer): Promise<KnownPerson | null> {
    const rows = await tx.query<PersonRow>(
      `SELECT ${PERSON}, NULL AS pseudonym FROM person p WHERE p.person_id = $1 AND NOT p.erasing FOR SHARE OF p`,
      [personId],
    );
    return rows[0] ? toKnown(rows[0]) : null;
  }

  /** Those of them whom nobody erases, held against that until the transaction ends. In one order, so that nobody waits in a circle. */
  async findMany(tx: Tx, personIds: readonly Buffer[]): Promise<KnownPerson[]> {
    const rows = await tx.query<PersonRow>(
      `SELECT ${PERSON}, NULL AS pseudonym FROM person p WHERE p.person_id = ANY($1::bytea[]) AND NOT p.erasing
       ORDER BY p.person_id FOR SHARE OF p`,
      [byteaArray(personIds)],
    );
    return rows.map(toKnown);
  }

  /** Some fields of people who are held already; who has none of them is left out. */
  async readFields(
    tx: Tx,
    personIds: readonly Buffer[],
    fields: readonly IdentityField[],
  ): Promise<KnownPerson[]> {
    const rows = await tx.query<PersonRow>(READ_FIELDS, [byteaArray(personIds), textArray(fields)]);
    return rows.map(toKnown);
  }

  async setUndeliverable(tx: Tx, personId: Buffer, digest: Buffer): Promise<void> {
    await tx.query('UPDATE person SET undeliverable = $2 WHERE person_id = $1', [personId, digest]);
  }

  async setRegion(tx: Tx, personId: Buffer, region: string | null): Promise<void> {
    await tx.query('UPDATE person SET region = $2 WHERE person_id = $1', [personId, region]);
  }

  async replaceValues(
    tx: Tx,
    personId: Buffer,
    values: readonly SealedValue[],
    removed: readonly string[],
  ): Promise<void> {
    await tx.query('DELETE FROM identity_value WHERE person_id = $1 AND field = ANY($2)', [
      personId,
      [...removed, ...values.map((value) => value.field)],
    ]);
    await tx.query(
      `INSERT INTO identity_value (person_id, field, sealed, digest, index_key)
       SELECT $1, * FROM unnest($2::text[], $3::bytea[], $4::bytea[], $5::int2[])`,
      [
        personId,
        textArray(values.map((value) => value.field)),
        byteaArray(values.map((value) => value.sealed)),
        byteaArray(values.map((value) => value.digest)),
        int2Array(values.map((value) => value.indexKey)),
      ],
    );
  }

  /**
   * Tokens of what was stored in these fields lead to it as before, and are given for nothing any more: by one that comes again, whoever can
   * write a value would learn whether it is the one that was there.
   */
  async retireTokens(tx: Tx, personId: Buffer, fields: readonly IdentityField[]): Promise<void> {
    await tx.query(
      `UPDATE token SET digest = NULL, index_key = NULL, of_stored = false
       WHERE person_id = $1 AND field = ANY($2) AND of_stored`,
      [personId, [...fields]],
    );
  }

  /** @returns those of the accounts that sign in as somebody as keys */
  async findAccounts(tx: Tx, accounts: readonly Buffer[]): Promise<Set<string>> {
    const rows = await tx.query<{ account: Buffer }>(
      'SELECT account FROM account WHERE account = ANY($1::bytea[])',
      [byteaArray(accounts)],
    );
    return new Set(rows.map(({ account }) => bytesKey(account)));
  }

  /** @param digests under each version of the index key that it may stand under */
  async findByAccount(
    tx: Tx,
    digests: readonly Buffer[],
  ): Promise<{ personId: Buffer; copied: boolean } | null> {
    const rows = await tx.query<{ person_id: Buffer; copied: boolean }>(
      'SELECT person_id, sealed IS NOT NULL AS copied FROM account WHERE account = ANY($1::bytea[])',
      [byteaArray(digests)],
    );
    return rows[0] ? { personId: rows[0].person_id, copied: rows[0].copied } : null;
  }

  /** The person's wrapped key, locked against erasure. Null where they are being erased. */
  async lockKey(tx: Tx, personId: Buffer): Promise<WrappedKey | null> {
    const rows = await tx.query<WrappedKey>(
      `SELECT domain_key AS "domainKey", wrapped_key AS wrapped FROM person
       WHERE person_id = $1 AND NOT erasing FOR SHARE`,
      [personId],
    );
    return rows[0] ?? null;
  }

  /** Lays an account that has no copy yet under the index key as it is now, with its copy. */
  async keepAccount(tx: Tx, personId: Buffer, account: SealedAccount): Promise<void> {
    const { digest, indexKey, sealed, digests } = account;
    await tx.query(
      `UPDATE account SET account = $2, index_key = $3, sealed = $4
       WHERE person_id = $1 AND account = ANY($5::bytea[]) AND sealed IS NULL`,
      [personId, digest, indexKey, sealed, byteaArray(digests)],
    );
  }

  private async lockFirst(
    tx: Tx,
    clientId: string,
    pseudonym: Buffer,
    regions: Regions,
    lock: Lock,
  ): Promise<FoundPerson | null> {
    const held = await tx.query(
      `SELECT 1 FROM person p JOIN client_pseudonym c USING (person_id)
       WHERE c.pseudonym = $1 AND c.client_id = $2 AND NOT p.erasing AND ${inRegions('$3')} ${lock} OF p`,
      [pseudonym, clientId, regions],
    );
    return held.length > 0 ? this.byPseudonym(tx, clientId, pseudonym, regions, lock) : null;
  }

  private async byPseudonym(
    tx: Tx,
    clientId: string,
    pseudonym: Buffer,
    regions: Regions,
    lock: Lock,
  ): Promise<FoundPerson | null> {
    const rows = await tx.query<PersonRow>(
      `SELECT ${PERSON}, c.pseudonym FROM person p JOIN client_pseudonym c USING (person_id)
       WHERE c.pseudonym = $1 AND c.client_id = $2 AND NOT p.erasing AND ${inRegions('$3')} ${lock} OF p`,
      [pseudonym, clientId, regions],
    );
    return rows[0] ? toFound(rows[0]) : null;
  }
}

function enrolParameters(rows: readonly EnrolmentRow[], auditEntries: Buffer): Buffer[] {
  const named = rows.filter((row) => row.pseudonym !== null);
  const signing = rows.flatMap(({ person, account }) => (account ? [{ person, account }] : []));
  const values = rows.flatMap(({ person }) =>
    person.values.map((value) => ({ personId: person.personId, ...value })),
  );
  return [
    auditEntries,
    byteaArray(rows.map((row) => row.person.personId)),
    int2Array(rows.map((row) => row.person.domainKey)),
    byteaArray(rows.map((row) => row.person.wrapped)),
    byteaArray(rows.map((row) => row.person.subject)),
    byteaArray(named.map((row) => row.person.personId)),
    textArray(named.map((row) => row.clientId)),
    byteaArray(named.map((row) => row.pseudonym)),
    byteaArray(signing.map((row) => row.person.personId)),
    byteaArray(signing.map(({ account }) => account.digest)),
    byteaArray(values.map((value) => value.personId)),
    textArray(values.map((value) => value.field)),
    byteaArray(values.map((value) => value.sealed)),
    byteaArray(values.map((value) => value.digest)),
    textArray(rows.map((row) => row.region)),
    int2Array(values.map((value) => value.indexKey)),
    int2Array(signing.map(({ account }) => account.indexKey)),
    byteaArray(signing.map(({ account }) => account.sealed)),
  ];
}

function indexParameters(rows: readonly EnrolmentRow[]): Buffer[] {
  const digests = rows.flatMap(({ person: { personId }, indexed }) =>
    (indexed?.rows ?? []).map((row) => ({ personId, ...row })),
  );
  return [int2Array(rows.map(({ indexed }) => indexed?.plan ?? null)), ...digestColumns(digests)];
}

export function toKnown(row: PersonRow): KnownPerson {
  const { fields, sealed } = row;
  return {
    personId: row.person_id,
    domainKey: row.domain_key,
    wrapped: row.wrapped_key,
    subject: row.subject,
    enrolledOn: row.enrolled_on,
    region: row.region,
    searchPlan: row.search_plan,
    undeliverable: row.undeliverable,
    values: (fields ?? []).map((field, at) => ({
      field,
      sealed: sealed?.[at] ?? Buffer.alloc(0),
      digest: null,
      indexKey: null,
    })),
  };
}

export function toFound(row: PersonRow): FoundPerson {
  return { ...toKnown(row), pseudonym: row.pseudonym ?? Buffer.alloc(0) };
}
