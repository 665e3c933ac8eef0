import { createHash, randomBytes } from 'node:crypto';
import { withdrawConsent } from '@integument/contracts';
import { fastify } from 'fastify';
import pg from 'pg';
import { answerQuestions } from '../side-process.js';

/** A route that knows its caller by a cookie and writes one durable row into each of the two databases. */
export interface TwoInserts {
  readonly platform: string;
  readonly vault: string;
}

const TABLE =
  'CREATE TABLE IF NOT EXISTS bare_withdrawal (id bytea PRIMARY KEY, at date NOT NULL DEFAULT current_date)';
const INSERT = { name: 'insert', text: 'INSERT INTO bare_withdrawal (id) VALUES ($1)' };
const SESSION = { name: 'session', text: 'SELECT sealed FROM api_session WHERE session_digest = $1' };

async function serve({ platform, vault }: TwoInserts): Promise<{ port: number }> {
  const pools = [platform, vault].map((connectionString) => new pg.Pool({ connectionString, max: 4 }));
  for (const pool of pools) await pool.query(TABLE);
  const server = fastify({ logger: false });
  server.post(withdrawConsent.path, async ({ headers }, reply) => {
    const digest = createHash('sha256')
      .update(headers.cookie ?? '')
      .digest();
    await pools[0]?.query({ ...SESSION, values: [digest] });
    for (const pool of pools) await pool.query({ ...INSERT, values: [randomBytes(16)] });
    return reply.send({ state: 'frozen' });
  });
  await server.listen({ port: 0, host: '127.0.0.1' });
  return { port: (server.server.address() as { port: number }).port };
}

answerQuestions(serve);
