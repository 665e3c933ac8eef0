import { randomBytes } from 'node:crypto';
import { type FastifyInstance, fastify } from 'fastify';
import pg from 'pg';
import { answerQuestions } from '../side-process.js';

/** Which bare route to serve; a route that inserts says into which database. */
export type BareRoute = { readonly route: 'noop' } | { readonly route: 'insert'; readonly database: string };

const CONNECTIONS = 16;
const INSERT = 'INSERT INTO bare_person (person_id, fields) VALUES ($1, $2)';

/** What Fastify alone gives: no authentication, no validation, no audit, nothing sealed. @returns the port */
async function serve(asked: BareRoute): Promise<{ port: number }> {
  const server = fastify({ logger: false });
  if (asked.route === 'noop') server.get('/v1/noop', () => ({ ok: true }));
  else await addInsert(server, asked.database);
  await server.listen({ port: 0, host: '127.0.0.1' });
  return { port: (server.server.address() as { port: number }).port };
}

async function addInsert(server: FastifyInstance, database: string): Promise<void> {
  const pool = new pg.Pool({ connectionString: database, max: CONNECTIONS });
  await pool.query('CREATE TABLE bare_person (person_id bytea PRIMARY KEY, fields text NOT NULL)');
  server.post('/', async (request, reply) => {
    const id = randomBytes(16);
    await pool.query({ name: 'insert', text: INSERT, values: [id, JSON.stringify(request.body)] });
    return reply.code(201).send({ person: id.toString('hex') });
  });
}

answerQuestions(serve);
