import { randomBytes } from 'node:crypto';
import { makeToken, revealToken } from '@integument/contracts';
import { SEAL_OVERHEAD } from '@integument/crypto';
import { type FastifyInstance, fastify } from 'fastify';
import pg from 'pg';
import { answerQuestions } from '../side-process.js';
import { VALUE_BYTES } from '../synthetic-values.js';

/** Which bare route to serve; one that inserts or reads says in which database. */
export type BareRoute =
  | { readonly route: 'noop' }
  | { readonly route: 'insert' | 'reveal' | 'tokenize'; readonly database: string };

const CONNECTIONS = 16;
const INSERT = 'INSERT INTO bare_person (person_id, fields) VALUES ($1, $2)';
const MAKE = 'INSERT INTO token (token, field, domain, domain_key, sealed) VALUES ($1, $2, $3, $4, $5)';
const READ = 'SELECT field, domain, person_id, domain_key, sealed, uses_left FROM token WHERE token = $1';

/** What Fastify alone gives: no authentication, no validation, no audit, nothing sealed. @returns the port */
async function serve(asked: BareRoute): Promise<{ port: number }> {
  const server = fastify({ logger: false });
  if (asked.route === 'noop') server.get('/v1/noop', () => ({ ok: true }));
  else await ADD[asked.route](server, new pg.Pool({ connectionString: asked.database, max: CONNECTIONS }));
  await server.listen({ port: 0, host: '127.0.0.1' });
  return { port: (server.server.address() as { port: number }).port };
}

const ADD = { insert: addInsert, tokenize: addTokenize, reveal: addReveal };

async function addInsert(server: FastifyInstance, pool: pg.Pool): Promise<void> {
  await pool.query('CREATE TABLE bare_person (person_id bytea PRIMARY KEY, fields text NOT NULL)');
  server.post('/', async (request, reply) => {
    const id = randomBytes(16);
    await pool.query({ name: 'insert', text: INSERT, values: [id, JSON.stringify(request.body)] });
    return reply.code(201).send({ person: id.toString('hex') });
  });
}

/** A row of as many bytes as the vault's, with a key that stands beside the one before. */
function addTokenize(server: FastifyInstance, pool: pg.Pool): void {
  const segment = Buffer.from([0, 0, 0, 0, 1]);
  const more = Buffer.alloc(SEAL_OVERHEAD);
  server.post(makeToken.path, async (request, reply) => {
    const { field, value } = request.body as { field: string; value: string };
    const token = Buffer.concat([segment, randomBytes(16)]);
    const stored = Buffer.concat([more, Buffer.from(value, 'utf8')]);
    await pool.query({ name: 'make', text: MAKE, values: [token, field, 'client:brand-shop', 1, stored] });
    return reply.code(201).send({ token: token.toString('hex') });
  });
}

function addReveal(server: FastifyInstance, pool: pg.Pool): void {
  server.post(revealToken.path, async (request) => {
    const token = Buffer.from((request.body as { token: string }).token, 'hex');
    const { rows } = await pool.query<Read>({ name: 'read', text: READ, values: [token] });
    const [row] = rows;
    if (!row) throw new Error('there is no such token');
    return { field: row.field, value: row.sealed.toString('hex', 0, Math.ceil(VALUE_BYTES / 2)) };
  });
}

interface Read {
  readonly field: string;
  readonly sealed: Buffer;
}

answerQuestions(serve);
