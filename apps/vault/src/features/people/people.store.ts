import type { Regions } from '@integument/authz';
import type { IdentityField } from '@integument/contracts';
import { byteaArray, int2Array, type Tx, textArray } from '@integument/database';
import type { WrappedKey } from '../keys/index.js';
import type { SealedAccount, SealedPerson, SealedValue } from './sealed-person.js';

/** Everything one enrolment writes. */
export interface EnrolmentRow {
  readonly person: SealedPerson;
  readonly region: string | null;
  readonly clientId: string | null;
  readonly pseudonym: Buffer | null;
  readonly account: SealedAccount | null;
}

export interface FoundPerson extends SealedPerson {
  readonly pseudonym: Buffer;
  readonly enrolledOn: string;
  readonly region: string | null;
}

export type KnownPerson = Omit<FoundPerson, 'pseudonym'>;

interface PersonRow {
  person_id: Buffer;
  domain_key: number;
  wrapped_key: Buffer;
  subject: Buffer;
  enrolled_on: string;
  region: string | null;
  pseudonym: Buffer | null;
  fields: IdentityField[] | null;
  sealed: Buffer[] | null;
}

// One statement for people, values, pseudonyms, accounts and audit entries: it is the whole transaction.
const ENROL = {
  name: 'people.enrol',
  text: `
    WITH audit AS (INSERT INTO audit_staging (entry) SELECT unnest($1::bytea[])),
    people AS (
      INSERT INTO person (person_id, domain_key, wrapped_key, subject, region)
      SELECT * FROM unnest($2::bytea[], $3::int2[], $4::bytea[], $5::bytea[], $15::text[])),
    names AS (
      INSERT INTO client_pseudonym (person_id, client_id, pseudonym)
      SELECT * FROM unnest($6::bytea[], $7::text[], $8::bytea[])),
    accounts AS (
      INSERT INTO account (person_id, account, index_key, sealed)
      SELECT * FROM unnest($9::bytea[], $10::bytea[], $17::int2[], $18::bytea[]))
    INSERT INTO identity_value (person_id, field, sealed, digest, index_key)
    SELECT * FROM unnest($11::bytea[], $12::text[], $13::bytea[], $14::bytea[], $16::int2[])`,
};

const PERSON = `
  p.person_id, p.domain_key, p.wrapped_key, p.subject, p.enrolled_on::text, p.region,
  (SELECT array_agg(v.field ORDER BY v.field) FROM identity_value v WHERE v.person_id = p.person_id) AS fields,
  (SELECT array_agg(v.sealed ORDER BY v.field) FROM identity_value v WHERE v.person_id = p.person_id) AS sealed`;

/** Of those whom a caller may be told of: in these regions, or everybody (null). Who has no region is in none. */
export function inRegions(parameter: `$${number}`): string {
  const regions = `${parameter}::text[]`;
  return `(${regions} IS NULL OR p.region = ANY(${regions}) OR split_part(p.region, '-', 1) = ANY(${regions}))`;
}

/** The name under which staff know people: the console is one client among others. */
export const CONSOLE = 'console';

export class PeopleStore {
  async enrol(tx: Tx, rows: readonly EnrolmentRow[], auditEntries: Buffer): Promise<void> {
    await tx.query(ENROL, enrolParameters(rows, auditEntries));
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

  /** The same for a change: of two that come together the second waits for the first. */
  lockByPseudonym(
    tx: Tx,
    clientId: string,
    pseudonym: Buffer,
    regions: Regions,
  ): Promise<FoundPerson | null> {
    return this.byPseudonym(tx, clientId, pseudonym, regions, 'FOR NO KEY UPDATE');
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
    return rows[0] ? toSealed(rows[0]) : null;
  }

  /** A client finds those it has a name for. */
  async search(
    tx: Tx,
    clientId: string,
    field: IdentityField,
    digests: readonly Buffer[],
    regions: Regions,
  ): Promise<FoundPerson[]> {
    const rows = await tx.query<PersonRow>(
      `SELECT ${PERSON}, c.pseudonym FROM identity_value f JOIN person p USING (person_id)
       JOIN client_pseudonym c ON c.person_id = p.person_id AND c.client_id = $1
       WHERE f.field = $2 AND f.digest = ANY($3::bytea[]) AND NOT p.erasing AND ${inRegions('$4')} LIMIT 50 FOR SHARE OF p`,
      [clientId, field, byteaArray(digests), regions],
    );
    return rows.map(toFound);
  }

  /** Staff may find everybody; who has no name towards the console yet gets one. */
  async nameForConsole(
    tx: Tx,
    field: IdentityField,
    digests: readonly Buffer[],
    regions: Regions,
    mint: () => Buffer,
  ): Promise<void> {
    const rows = await tx.query<{ person_id: Buffer }>(
      `SELECT f.person_id FROM identity_value f JOIN person p USING (person_id)
       WHERE f.field = $1 AND f.digest = ANY($2::bytea[]) AND ${inRegions('$4')} AND NOT EXISTS (SELECT FROM client_pseudonym c WHERE c.person_id = f.person_id AND c.client_id = $3) LIMIT 50`,
      [field, byteaArray(digests), CONSOLE, regions],
    );
    if (rows.length === 0) return;
    await tx.query(
      `INSERT INTO client_pseudonym (person_id, pseudonym, client_id) SELECT *, $3 FROM unnest($1::bytea[], $2::bytea[])
       ON CONFLICT ON CONSTRAINT client_pseudonym_once DO NOTHING`,
      [byteaArray(rows.map((row) => row.person_id)), byteaArray(rows.map(mint)), CONSOLE],
    );
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

  /** @returns those of the accounts that sign in as somebody, as latin1 text */
  async findAccounts(tx: Tx, accounts: readonly Buffer[]): Promise<Set<string>> {
    const rows = await tx.query<{ account: Buffer }>(
      'SELECT account FROM account WHERE account = ANY($1::bytea[])',
      [byteaArray(accounts)],
    );
    return new Set(rows.map(({ account }) => account.toString('latin1')));
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

  /** Until the transaction ends nobody else adds these accounts. In one order, so that two who add several don't wait for each other. */
  async lockAccounts(tx: Tx, digests: readonly Buffer[]): Promise<void> {
    await tx.query(
      `SELECT pg_advisory_xact_lock(lock) FROM (
         SELECT DISTINCT hashtextextended('account' || encode(digest, 'hex'), 0) AS lock
         FROM unnest($1::bytea[]) AS d(digest) ORDER BY lock) AS locks`,
      [byteaArray(digests)],
    );
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

  private async byPseudonym(
    tx: Tx,
    clientId: string,
    pseudonym: Buffer,
    regions: Regions,
    lock: 'FOR SHARE' | 'FOR NO KEY UPDATE',
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

function toSealed(row: PersonRow): KnownPerson {
  const { fields, sealed } = row;
  return {
    personId: row.person_id,
    domainKey: row.domain_key,
    wrapped: row.wrapped_key,
    subject: row.subject,
    enrolledOn: row.enrolled_on,
    region: row.region,
    values: (fields ?? []).map((field, at) => ({
      field,
      sealed: sealed?.[at] ?? Buffer.alloc(0),
      digest: null,
      indexKey: null,
    })),
  };
}

function toFound(row: PersonRow): FoundPerson {
  return { ...toSealed(row), pseudonym: row.pseudonym ?? Buffer.alloc(0) };
}
