import { randomBytes } from 'node:crypto';
import { SEAL_OVERHEAD } from '@integument/crypto';
import { byteaArray, int2Array, textArray } from '@integument/database';
import { answerQuestions } from '../side-process.js';
import { VALUE_BYTES } from '../synthetic-values.js';
import { connect, timed, type Where } from './timed.js';

/** So many transactions, each with so many rows, some at a time. */
export interface RawInserts extends Where {
  readonly transactions: number;
  readonly tokens: number;
  /** each row is another person's, of those who are there */
  readonly ofPeople: boolean;
}

export interface RawSelects extends Where {
  /** the tokens of each statement */
  readonly tokens: readonly (readonly Buffer[])[];
}

export type RawTokens = { readonly insert: RawInserts } | { readonly select: RawSelects };

// What somebody writes who only wants the rows in, or out: one statement, which is its own transaction.
const INSERT = {
  name: 'insert',
  text: `INSERT INTO token (token, field, domain, person_id, domain_key, sealed)
    SELECT * FROM unnest($1::bytea[], $2::text[], $3::text[], $4::bytea[], $5::int2[], $6::bytea[])`,
};
const SELECT = {
  name: 'select',
  text: `SELECT token, field, domain, person_id, domain_key, sealed, uses_left, expires_at
    FROM token WHERE token = ANY($1::bytea[])`,
};
const PEOPLE = 'SELECT person_id FROM person ORDER BY random() LIMIT $1';

/** As the vault's: the tokens of one process stand beside each other in the primary key. */
const SEGMENT = Buffer.from([0, 0, 0, 0, 1]);

async function work(asked: RawTokens): Promise<{ seconds: number }> {
  if ('insert' in asked) return insert(asked.insert);
  const { tokens, ...where } = asked.select;
  const statements = tokens.map((some) => [byteaArray(some)]);
  return timed(where, statements, async (client, values) => {
    const { rows } = await client.query({ ...SELECT, values });
    if (rows.length !== tokens[0]?.length) throw new Error(`${rows.length} rows were found`);
  });
}

async function insert({
  transactions,
  tokens,
  ofPeople,
  ...where
}: RawInserts): Promise<{ seconds: number }> {
  const people = ofPeople ? await somePeople(where.database, transactions * tokens) : [];
  const statements = Array.from({ length: transactions }, (_, at) =>
    rowsOf(tokens, people.slice(at * tokens, (at + 1) * tokens)),
  );
  return timed(where, statements, (client, values) => client.query({ ...INSERT, values }));
}

/** As many bytes as the vault stores for synthetic values. */
function rowsOf(count: number, people: readonly Buffer[]): Buffer[] {
  const each = <T>(value: () => T) => Array.from({ length: count }, value);
  const nobodys = people.length === 0;
  return [
    byteaArray(each(() => Buffer.concat([SEGMENT, randomBytes(16)]))),
    textArray(each(() => 'email')),
    textArray(each(() => 'client:brand-shop')),
    byteaArray(nobodys ? each(() => null) : people),
    int2Array(each(() => (nobodys ? 1 : null))),
    byteaArray(each(() => randomBytes(VALUE_BYTES + SEAL_OVERHEAD))),
  ];
}

async function somePeople(database: string, count: number): Promise<Buffer[]> {
  const client = await connect(database);
  const { rows } = await client.query<{ person_id: Buffer }>(PEOPLE, [count]);
  await client.end();
  if (rows.length !== count) throw new Error(`there are only ${rows.length} people`);
  return rows.map(({ person_id }) => person_id);
}

answerQuestions(work);
