import { randomBytes, randomUUID } from 'node:crypto';
import { defineAction } from '@integument/audit-log';
import { type Enrolment, IDENTITY_FIELDS, SEARCHABLE_FIELDS } from '@integument/contracts';
import { SEAL_OVERHEAD } from '@integument/crypto';
import type pg from 'pg';
import { answerQuestions } from '../side-process.js';
import { syntheticPeople } from '../synthetic-people.js';
import { timed } from './timed.js';

/** So many transactions, each with so many people, some at a time. */
export interface RawEnrolment {
  readonly database: string;
  readonly transactions: number;
  readonly people: number;
  readonly concurrent: number;
}

type Columns = readonly (readonly unknown[])[];

// What somebody writes who only wants the rows in: a multi-row INSERT for each table, one transaction, statements that are
// planned once and sent without waiting for each other.
const INSERTS = {
  person: `INSERT INTO person (person_id, domain_key, wrapped_key, subject)
    SELECT * FROM unnest($1::bytea[], $2::int2[], $3::bytea[], $4::bytea[])`,
  client_pseudonym: `INSERT INTO client_pseudonym (person_id, client_id, pseudonym)
    SELECT * FROM unnest($1::bytea[], $2::text[], $3::bytea[])`,
  identity_value: `INSERT INTO identity_value (person_id, field, sealed, digest)
    SELECT * FROM unnest($1::bytea[], $2::text[], $3::bytea[], $4::bytea[])`,
  audit_staging: 'INSERT INTO audit_staging (entry) SELECT unnest($1::bytea[])',
};
type Rows = Record<keyof typeof INSERTS, Columns>;

const KEY_BYTES = 32;
const SALT_BYTES = 16;
const SUBJECT_BYTES = 32;
const DIGEST_BYTES = 16;
const enrolled = defineAction('people.enrol');

async function enrol({ database, transactions, people, concurrent }: RawEnrolment) {
  const waiting = Array.from({ length: transactions }, () => rowsOf(syntheticPeople(people)));
  return timed({ database, concurrent, pipeline: true }, waiting, insert);
}

async function insert(client: pg.Client, rows: Rows): Promise<void> {
  const inserts = Object.entries(INSERTS).map(([table, text]) =>
    client.query({ name: table, text, values: [...rows[table as keyof Rows]] }),
  );
  await Promise.all([client.query('BEGIN'), ...inserts, client.query('COMMIT')]);
}

/** As many bytes in as many rows as the vault stores for these people, in arrays that node-pg takes as they are. */
function rowsOf(people: readonly Enrolment[]): Rows {
  const ids = people.map(() => randomBytes(16));
  const values = people.flatMap(({ fields }, at) =>
    IDENTITY_FIELDS.map((field) => ({ id: ids[at], field, text: textOf(fields[field]) })),
  );
  const searchable: ReadonlySet<string> = new Set(SEARCHABLE_FIELDS);
  return {
    person: [
      ids,
      ids.map(() => 1),
      ids.map(() => randomBytes(KEY_BYTES + SALT_BYTES + SEAL_OVERHEAD)),
      ids.map(() => randomBytes(SUBJECT_BYTES)),
    ],
    client_pseudonym: [ids, ids.map(() => 'brand-shop'), ids.map(() => randomBytes(16))],
    identity_value: [
      values.map(({ id }) => id),
      values.map(({ field }) => field),
      values.map(({ text }) => randomBytes(Buffer.byteLength(text) + SEAL_OVERHEAD)),
      values.map(({ field }) => (searchable.has(field) ? randomBytes(DIGEST_BYTES) : null)),
    ],
    audit_staging: [ids.map(entry)],
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function entry(): Buffer {
  return enrolled({
    outcome: 'done',
    actor: { kind: 'client', id: 'brand-shop' },
    requestId: randomUUID(),
    subject: randomBytes(32),
    fields: [...IDENTITY_FIELDS],
  }).encode(new Date());
}

answerQuestions(enrol);
