import { Writable } from 'node:stream';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { describeError } from './describe-error.js';
import type { LogFields } from './fields.js';
import { createLogger, type LogLevel } from './logger.js';
import { NestLogger } from './nest-logger.js';

const CANARY = 'anna.canary@example.org';

let lines: string[];
beforeEach(() => {
  lines = [];
});

function logger(level: LogLevel = 'debug') {
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString('utf8'));
      done();
    },
  });
  return createLogger({ service: 'vault', level, stream });
}

const last = () => JSON.parse(lines.at(-1) ?? 'null') as Record<string, unknown>;

describe('a log line', () => {
  test('is one JSON object with time, level, service and message', () => {
    logger().info('started', { port: 4401, component: 'public listener' });
    expect(lines).toHaveLength(1);
    expect(last()).toEqual({
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
      level: 'info',
      service: 'vault',
      message: 'started',
      port: 4401,
      component: 'public listener',
    });
  });

  test('below the level is not written', () => {
    logger('warn').info('started');
    expect(lines).toEqual([]);
  });

  test('drops every field that is not declared', () => {
    const fields = {
      email: CANARY,
      body: { email: CANARY },
      headers: CANARY,
      message: CANARY,
      level: CANARY,
      at: CANARY,
    };
    logger().info('started', fields as LogFields);
    expect(lines.join()).not.toContain('canary');
    expect(Object.keys(last())).toEqual(['at', 'level', 'service', 'message']);
  });

  test('drops a declared field that does not have its shape', () => {
    const names = [
      'requestId',
      'route',
      'code',
      'topic',
      'job',
      'purpose',
      'status',
      'count',
      'setting',
      'callerKind',
      'host',
      'component',
    ];
    for (const name of names) logger().info('started', { [name]: CANARY });
    for (const name of names) logger().info('started', { [name]: { a: CANARY } });
    expect(lines.join()).not.toContain('canary');
  });

  test('is not made by a built message: it does not compile', () => {
    const name: string = CANARY;
    // @ts-expect-error a variable is no constant
    logger().info(name);
    // @ts-expect-error nor is a template around one
    logger().info(`hello ${name}`);
  });
});

describe('an error in a log line', () => {
  const database = Object.assign(
    new Error(`duplicate key value violates unique constraint "account_email"`),
    {
      name: 'error',
      code: '23505',
      detail: `Key (email)=(${CANARY}) already exists.`,
      constraint: 'account_email',
      table: 'account',
      where: CANARY,
      parameters: [CANARY],
    },
  );

  test('keeps name, code, constraint and frames, and never its message', () => {
    logger().error('request failed', { error: database });
    expect(last().error).toMatchObject({
      name: 'error',
      code: '23505',
      constraint: 'account_email',
      table: 'account',
    });
    const { frames } = last().error as { frames: string[] };
    expect(frames[0]).toMatch(/logger\.test\.ts:\d+:\d+/);
    expect(lines.join()).not.toContain('canary');
    expect(lines.join()).not.toContain('duplicate key');
  });

  const hostile: [string, unknown][] = [
    [
      'a message that imitates frames',
      new Error(`x\n    at ${CANARY} (/a/b.js:1:1)\n    at /tmp/${CANARY}:1:1`),
    ],
    ['a message changed later', Object.assign(new Error(`first ${CANARY}`), { message: 'second' })],
    ['a stack of its own', Object.assign(new Error('m'), { stack: `Error: m\n    at ${CANARY} somewhere` })],
    ['a name and code of its own', Object.assign(new Error('m'), { name: CANARY, code: CANARY })],
    ['a cause', new Error('m', { cause: new Error(CANARY, { cause: { message: CANARY, detail: CANARY } }) })],
    ['several errors', new AggregateError([new Error(CANARY)], CANARY)],
    ['a text', CANARY],
    ['a plain object', { message: CANARY, [CANARY]: CANARY }],
    ['bad JSON', thrownBy(() => JSON.parse(`{"email":"${CANARY}"`))],
  ];
  test.each(hostile)('lets nothing through: %s', (_title, error) => {
    logger().error('request failed', { error });
    expect(lines).toHaveLength(1);
    expect(lines.join()).not.toContain('canary');
  });

  test('ends in a circle of causes', () => {
    const error = new Error('m');
    error.cause = error;
    expect(JSON.stringify(describeError(error)).length).toBeGreaterThan(10);
  });
});

describe("Nest's own lines", () => {
  test('lose their text and keep their component', () => {
    const nest = new NestLogger(logger());
    nest.log(`Mapped ${CANARY}`, 'RouterExplorer');
    nest.warn(CANARY, CANARY);
    nest.error(new Error(CANARY), `stack ${CANARY}`, 'ExceptionsHandler');
    nest.error(CANARY);
    expect(lines).toHaveLength(4);
    expect(lines.join()).not.toContain('canary');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'debug', component: 'RouterExplorer' });
    expect(JSON.parse(lines[2] ?? '')).toMatchObject({
      level: 'error',
      component: 'ExceptionsHandler',
      error: { name: 'Error' },
    });
  });

  test('name what is missing when the modules do not fit together', () => {
    class UnknownDependenciesException extends Error {}
    const said = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    new NestLogger(logger()).error(new UnknownDependenciesException("Nest can't resolve PeopleService"));
    expect(said).toHaveBeenCalledWith("Nest can't resolve PeopleService");
    said.mockRestore();
  });
});

function thrownBy(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}
