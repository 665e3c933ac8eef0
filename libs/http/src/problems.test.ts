import { CodedError, problem } from '@integument/contracts';
import { MalformedIdentifier } from '@integument/crypto';
import { BadRequestException, InternalServerErrorException, NotFoundException } from '@nestjs/common';
import { describe, expect, test } from 'vitest';
import { InvalidRequest } from './input.js';
import { problemOf, refusedBy } from './problems.js';

const CANARY = 'canary-51b2';
const fastifyError = (statusCode: number) =>
  Object.assign(new Error(CANARY), { name: 'FastifyError', statusCode, code: 'FST_X' });
const sqlError = (code: string) => Object.assign(new Error(CANARY), { code, detail: CANARY });

describe('every error means one status and one code outside', () => {
  const table: [string, unknown, number, string][] = [
    [
      'a coded one',
      new CodedError('people.taken', 409, 'Taken.', { cause: new Error(CANARY) }),
      409,
      'people.taken',
    ],
    ['a misfit', new InvalidRequest([{ path: 'body.name', rule: 'too_big' }]), 400, 'request.invalid'],
    ['a malformed id', new MalformedIdentifier('psn'), 404, 'request.unknown_id'],
    ['a closed gate', sqlError('IG001'), 403, 'permits.closed'],
    ['a broken constraint nobody foresaw', sqlError('23505'), 500, 'server.error'],
    ['a bad statement of ours', sqlError('42601'), 500, 'server.error'],
    ['a database going down', sqlError('57P01'), 503, 'server.unavailable'],
    ['a lost connection', sqlError('08006'), 503, 'server.unavailable'],
    ['too many connections', sqlError('53300'), 503, 'server.unavailable'],
    ['a refused connection', sqlError('ECONNREFUSED'), 503, 'server.unavailable'],
    ['a code that only looks like SQLSTATE', sqlError('53300-x'), 500, 'server.error'],
    ['Fastify: too large', fastifyError(413), 413, 'request.too_large'],
    ['Fastify: media type', fastifyError(415), 415, 'request.media_type'],
    ['Fastify: other', fastifyError(422), 400, 'request.malformed'],
    ['Fastify: its own failure', fastifyError(500), 500, 'server.error'],
    ['Nest: not found', new NotFoundException(CANARY), 404, 'request.unknown_route'],
    ['Nest: bad request', new BadRequestException(CANARY), 400, 'request.malformed'],
    ['Nest: its own failure', new InternalServerErrorException(CANARY), 500, 'server.error'],
    [
      'something that only says it is a refusal',
      Object.assign(new Error(CANARY), { status: 404, statusCode: 404 }),
      500,
      'server.error',
    ],
    ['a text', CANARY, 500, 'server.error'],
    ['nothing', undefined, 500, 'server.error'],
    ['null', null, 500, 'server.error'],
  ];
  test.each(table)('%s', (_title, error, status, code) => {
    const said = problemOf(refusedBy(error), '00000000-0000-4000-8000-000000000000');
    expect([said.status, said.code]).toEqual([status, code]);
    expect(problem.strict().safeParse(said).success).toBe(true);
    expect(JSON.stringify(said)).not.toContain('canary');
  });
});
