import { randomBytes } from 'node:crypto';
import { byteaArray } from '@integument/database';
import pg from 'pg';
import { answerQuestions } from '../side-process.js';

/** The keys of all people of a database are replaced by random bytes, so many in a transaction. */
export interface RawRewrap {
  readonly database: string;
  readonly batch: number;
}

const SEALED_BYTES = 77;
// What somebody writes who only wants other bytes in the rows: one statement, which is its own transaction.
const UPDATE = {
  name: 'update',
  text: `UPDATE person SET domain_key = 3 - domain_key, wrapped_key = n.wrapped
    FROM unnest($1::bytea[], $2::bytea[]) AS n(id, wrapped) WHERE person_id = n.id`,
};

/** All parameters are there before the clock starts. */
async function rewrap({ database, batch }: RawRewrap): Promise<{ keys: number; seconds: number }> {
  const client = new pg.Client(database);
  await client.connect();
  await client.query('VACUUM (ANALYZE) person');
  const { rows } = await client.query<{ id: Buffer }>(
    'SELECT person_id AS id FROM person ORDER BY person_id',
  );
  const batches: Buffer[][] = [];
  for (let at = 0; at < rows.length; at += batch) {
    const ids = rows.slice(at, at + batch).map(({ id }) => id);
    batches.push([byteaArray(ids), byteaArray(ids.map(() => randomBytes(SEALED_BYTES)))]);
  }
  const started = performance.now();
  for (const values of batches) await client.query({ ...UPDATE, values });
  const seconds = (performance.now() - started) / 1_000;
  await client.end();
  return { keys: rows.length, seconds };
}

answerQuestions(rewrap);
