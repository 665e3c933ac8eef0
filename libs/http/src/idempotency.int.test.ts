import { randomBytes } from 'node:crypto';
import { client } from '@integument/authz';
import { defineRoute, problem } from '@integument/contracts';
import {
  Idempotency,
  type IdempotentRequest,
  idempotencySchemaSql,
  openDatabase,
  UnitOfWork,
} from '@integument/database';
import { createLogger } from '@integument/telemetry';
import { type FreshDatabase, freshEmptyDatabase } from '@integument/testing';
import { Controller, Module } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  Answer,
  createHttpApp,
  type HttpApp,
  IdempotencyKey,
  Implements,
  Input,
  type InputOf,
} from './index.js';

const add = defineRoute({
  id: 'notes.add',
  method: 'POST',
  path: '/v1/notes',
  summary: 'Add a note',
  tag: 'Tests',
  audience: ['identity-client'],
  ability: { action: 'add', resource: 'Note' },
  body: z.strictObject({ text: z.string(), fail: z.boolean().optional() }),
  status: 201,
  reply: z.object({ number: z.int() }),
});

let database: FreshDatabase;
let dataSource: DataSource;
let unitOfWork: UnitOfWork;
let http: HttpApp;
let base: string;
const idempotency = new Idempotency(randomBytes(32));

@Controller()
class Notes {
  @Implements(add)
  async add(@Input() { body }: InputOf<typeof add>, @IdempotencyKey() key: IdempotentRequest | undefined) {
    return unitOfWork.run(async (tx) =>
      Answer.once(
        await idempotency.once(tx, key, async () => {
          const [row] = await tx.query<{ number: number }>(
            'INSERT INTO note (text) VALUES ($1) RETURNING number',
            [body.text],
          );
          await tx.query('SELECT pg_sleep(0.02)');
          if (body.fail) throw new Error('after the effect');
          return { number: row?.number ?? 0 };
        }),
      ),
    );
  }
}

@Module({ controllers: [Notes] })
class NotesModule {}

beforeAll(async () => {
  database = await freshEmptyDatabase();
  dataSource = await openDatabase({
    url: database.url,
    poolSize: 8,
    applicationName: 'test',
    migrations: [],
  });
  await dataSource.query(
    `${idempotencySchemaSql} CREATE TABLE note (number int GENERATED ALWAYS AS IDENTITY, text text)`,
  );
  unitOfWork = new UnitOfWork(dataSource);
  const callers = ['one', 'two'].map((clientId) => client({ clientId, use: 'identity' }));
  http = await createHttpApp(NotesModule, {
    logger: createLogger({ service: 'test', level: 'error' }),
    title: 'Test',
    description: 'For tests',
    version: '1',
    publicUrl: 'http://127.0.0.1',
    listener: 'public',
    allowedOrigins: [],
    wire: () => ({
      callers: {
        resolve: ({ headers }) => callers.find(({ clientId }) => clientId === headers.authorization) ?? null,
      },
      refusals: { refused: () => Promise.resolve(), refusedStranger: () => undefined },
      limits: null,
      rules: null,
      policies: [(can) => can('add', 'Note')],
      checks: {},
    }),
  });
  base = `http://127.0.0.1:${await http.listen(0, '127.0.0.1')}`;
});
afterAll(async () => {
  await http.close();
  await dataSource.destroy();
  await database.drop();
});
beforeEach(() => dataSource.query('TRUNCATE note, idempotent_reply'));

async function send(
  key: string | undefined,
  body: object = { text: 'a' },
  authorization = 'one',
  path = '/v1/notes',
) {
  const response = await fetch(base + path, {
    method: 'POST',
    headers: {
      authorization,
      'content-type': 'application/json',
      ...(key !== undefined && { 'idempotency-key': key }),
    },
    body: JSON.stringify(body),
  });
  const json = (await response.json()) as { number?: number };
  return {
    status: response.status,
    number: json.number,
    replayed: response.headers.get('idempotent-replayed'),
    code: response.ok ? undefined : problem.parse(json).code,
  };
}

const notes = async () =>
  Number((await dataSource.query<{ n: string }[]>('SELECT count(*) AS n FROM note'))[0]?.n);
const KEY = 'k'.repeat(16);

describe('a request with an Idempotency-Key has its effect once', () => {
  test('repeated, it gets the first reply again', async () => {
    const first = await send(KEY);
    expect(first).toMatchObject({ status: 201, replayed: null });
    expect(await send(KEY)).toEqual({ ...first, replayed: 'true' });
    expect(await send(`"${KEY}"`)).toEqual({ ...first, replayed: 'true' });
    expect(await notes()).toBe(1);
  });

  test('twenty at the same time: one effect, one first, nineteen replays', async () => {
    const replies = await Promise.all(Array.from({ length: 20 }, () => send(KEY)));
    expect(await notes()).toBe(1);
    expect(new Set(replies.map(({ status, number }) => `${status} ${number}`)).size).toBe(1);
    expect(replies.filter(({ replayed }) => replayed === 'true')).toHaveLength(19);
  });

  test('with another body it is refused', async () => {
    await send(KEY);
    expect(await send(KEY, { text: 'b' })).toMatchObject({ status: 409, code: 'idempotency.mismatch' });
    expect(await notes()).toBe(1);
  });

  test('a failed effect leaves the key free', async () => {
    expect((await send(KEY, { text: 'a', fail: true })).status).toBe(500);
    expect(await notes()).toBe(0);
    expect(await send(KEY)).toMatchObject({ status: 201, replayed: null });
  });

  test('another caller has keys of their own', async () => {
    await send(KEY);
    expect(await send(KEY, { text: 'a' }, 'two')).toMatchObject({ status: 201, replayed: null });
    expect(await notes()).toBe(2);
  });

  test('without a key each has its effect', async () => {
    await send(undefined);
    await send(undefined);
    expect(await notes()).toBe(2);
  });

  test.each([
    'short',
    'k'.repeat(129),
    'käse-käse-käse-käse'.normalize('NFC').replaceAll('ä', '\u00e4'),
    '',
    'a b c d e f g h i j',
  ])('a malformed key is refused, not ignored: %s', async (key) => {
    expect(await send(key)).toMatchObject({ status: 400, code: 'idempotency.key_invalid' });
    expect(await notes()).toBe(0);
  });
});

describe('what is kept tells nothing', () => {
  test('neither key, caller, body nor reply stand in the table', async () => {
    await send(KEY, { text: 'canary-text' });
    const rows = JSON.stringify(
      await dataSource.query(
        `SELECT encode(slot, 'escape'), encode(request, 'escape'), encode(reply, 'escape') FROM idempotent_reply`,
      ),
    );
    for (const secret of [KEY, 'one', 'canary', 'number']) expect(rows).not.toContain(secret);
  });

  test('a reply moved to another slot is not opened', async () => {
    const other = 'o'.repeat(16);
    await send(KEY);
    await send(other);
    await dataSource.query(
      'UPDATE idempotent_reply a SET reply = b.reply FROM idempotent_reply b WHERE a.slot <> b.slot',
    );
    expect((await send(KEY)).status).toBe(500);
  });

  test('it is gone after a day, and the key free', async () => {
    await send(KEY);
    const sweep = () => unitOfWork.run((tx) => idempotency.sweep(tx));
    const age = (days: number) =>
      dataSource.query(`UPDATE idempotent_reply SET on_day = (now() AT TIME ZONE 'UTC')::date - ${days}`);
    await age(1);
    await sweep();
    expect((await send(KEY)).replayed).toBe('true');
    await age(2);
    await sweep();
    expect((await send(KEY)).replayed).toBeNull();
  });
});
