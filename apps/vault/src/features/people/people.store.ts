import type { Regions } from '@integument/authz';
import type { IdentityField } from '@integument/contracts';
import { byteaArray, int2Array, type Tx, textArray } from '@integument/database';
import type { SealedPerson, SealedValue } from './sealed-person.js';

/** Everything one enrolment writes. */
export interface EnrolmentRow {
  readonly person: SealedPerson;
  readonly region: string | null;
  readonly clientId: string | null;
  readonly pseudonym: Buffer | null;
  readonly account: Buffer | null;
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
      INSERT INTO account (person_id, account) SELECT * FROM unnest($9::bytea[], $10::bytea[]))
    INSERT INTO identity_value (person_id, field, sealed, digest)
    SELECT * FROM unnest($11::bytea[], $12::text[], $13::bytea[], $14::bytea[])`,
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
    digest: Buffer,
    regions: Regions,
  ): Promise<FoundPerson[]> {
    const rows = await tx.query<PersonRow>(
      `SELECT ${PERSON}, c.pseudonym FROM identity_value f JOIN person p USING (person_id)
       JOIN client_pseudonym c ON c.person_id = p.person_id AND c.client_id = $1
       WHERE f.field = $2 AND f.digest = $3 AND NOT p.erasing AND ${inRegions('$4')} LIMIT 50 FOR SHARE OF p`,
      [clientId, field, digest, regions],
    );
    return rows.map(toFound);
  }

  /** Staff may find everybody; who has no name towards the console yet gets one. */
  async nameForConsole(
    tx: Tx,
    field: IdentityField,
    digest: Buffer,
    regions: Regions,
    mint: () => Buffer,
  ): Promise<void> {
    const rows = await tx.query<{ person_id: Buffer }>(
      `SELECT f.person_id FROM identity_value f JOIN person p USING (person_id)
       WHERE f.field = $1 AND f.digest = $2 AND ${inRegions('$4')} AND NOT EXISTS (SELECT FROM client_pseudonym c WHERE c.person_id = f.person_id AND c.client_id = $3) LIMIT 50`,
      [field, digest, CONSOLE, regions],
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
      `INSERT INTO identity_value (person_id, field, sealed, digest)
       SELECT $1, * FROM unnest($2::text[], $3::bytea[], $4::bytea[])`,
      [
        personId,
        textArray(values.map((value) => value.field)),
        byteaArray(values.map((value) => value.sealed)),
        byteaArray(values.map((value) => value.digest)),
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

  async findByAccount(tx: Tx, account: Buffer): Promise<Buffer | null> {
    const rows = await tx.query<{ person_id: Buffer }>('SELECT person_id FROM account WHERE account = $1', [
      account,
    ]);
    return rows[0]?.person_id ?? null;
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
  const signing = rows.filter((row) => row.account !== null);
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
    byteaArray(signing.map((row) => row.account)),
    byteaArray(values.map((value) => value.personId)),
    textArray(values.map((value) => value.field)),
    byteaArray(values.map((value) => value.sealed)),
    byteaArray(values.map((value) => value.digest)),
    textArray(rows.map((row) => row.region)),
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
    })),
  };
}

function toFound(row: PersonRow): FoundPerson {
  return { ...toSealed(row), pseudonym: row.pseudonym ?? Buffer.alloc(0) };
}
