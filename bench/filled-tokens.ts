import pg from 'pg';
import { VALUE_BYTES } from './synthetic-values.js';

/** As many as the vault makes under one number. */
const SEGMENT_SIZE = 65_536;
const SEALED_BYTES = VALUE_BYTES + 29;

// As processes before have left them: each number is one that the sequence has given, two processes make tokens at a time, in
// batches that come in turns, and within a number the keys come in no order. What is sealed is as long as a value's and as random.
const FILL = `
  WITH segments AS MATERIALIZED (
    SELECT n, substr(int8send(nextval('token_segment')), 4) AS segment FROM generate_series(0, ($1::bigint - 1) / ${SEGMENT_SIZE} + 1) AS n)
  INSERT INTO token (token, field, domain, domain_key, sealed)
  SELECT segment || uuid_send(gen_random_uuid()), 'email', 'client:brand-shop', $2::smallint,
         substr(sha512(int8send(at)) || sha256(int8send(at)), 1, ${SEALED_BYTES})
  FROM generate_series(0, $1::bigint - 1) AS at
  JOIN segments ON n = 2 * (at / ${2 * SEGMENT_SIZE}) + at / 1000 % 2 ORDER BY at`;

/** Fills the table of tokens with synthetic ones, which nobody can open, and leaves it tidy. */
export async function fillTokens(database: string, count: number): Promise<void> {
  await within(database, async (client) => {
    const { rows } = await client.query<{ key_id: number }>(
      "SELECT key_id FROM domain_key WHERE domain = 'token'",
    );
    await client.query(FILL, [count, rows[0]?.key_id]);
    await client.query('VACUUM (ANALYZE) token');
  });
}

export async function emptyTokens(database: string): Promise<void> {
  await within(database, (client) => client.query('TRUNCATE token'));
}

async function within(database: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client(database);
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
