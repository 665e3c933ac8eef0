import { freshEmptyDatabase } from '@integument/testing';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { byteaArray, int2Array, int4Array, textArray } from './binary-array.js';

let client: pg.Client;
let drop: () => Promise<void>;
beforeAll(async () => {
  const database = await freshEmptyDatabase();
  drop = database.drop;
  client = new pg.Client(database.url);
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await drop();
});

/** What PostgreSQL makes of it. Elements come back as text, so that nothing of ours reads them. */
async function elements(type: string, array: Buffer): Promise<(string | null)[]> {
  const text = type === 'bytea' ? "encode(e, 'hex')" : 'e::text';
  const sql = `SELECT ${text} AS e FROM unnest($1::${type}[]) WITH ORDINALITY AS u (e, n) ORDER BY n`;
  return (await client.query<{ e: string | null }>(sql, [array])).rows.map(({ e }) => e);
}

describe('a binary array', () => {
  it('of bytea arrives as it was, nulls and empty ones included', async () => {
    const value = fc.option(fc.uint8Array({ maxLength: 40 }));
    await fc.assert(
      fc.asyncProperty(fc.array(value, { maxLength: 30 }), async (values) => {
        const expected = values.map((bytes) => bytes && Buffer.from(bytes).toString('hex'));
        expect(await elements('bytea', byteaArray(values))).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  it('of text arrives as it was, whatever a text array would have to escape', async () => {
    // PostgreSQL's text has no NUL, and a lone surrogate is no text.
    const text = fc.string({ unit: 'binary', maxLength: 20 }).map((text) => text.replaceAll('\u0000', ''));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.option(text), { maxLength: 20 }), async (values) => {
        expect(await elements('text', textArray(values))).toEqual(values);
      }),
      { numRuns: 60 },
    );
    const awkward = ['{', '}', '"', '\\', ',', 'NULL', 'null', '', ' ', "'; DROP TABLE x; --", 'é', '🧴'];
    expect(await elements('text', textArray(awkward))).toEqual(awkward);
  });

  it('of int2 arrives as it was', async () => {
    const values = [-32_768, -1, 0, 1, 32_767];
    expect(await elements('int2', int2Array(values))).toEqual(values.map(String));
    expect(() => int2Array([32_768])).toThrow(RangeError);
    expect(await elements('int2', int2Array([1, null, 2]))).toEqual(['1', null, '2']);
  });

  it('of int4 arrives as it was', async () => {
    const values = [-(2 ** 31), -1, 0, null, 1, 2 ** 31 - 1];
    expect(await elements('int4', int4Array(values))).toEqual(
      values.map((value) => (value === null ? null : String(value))),
    );
    expect(() => int4Array([2 ** 31])).toThrow(RangeError);
  });

  it('that is empty is an empty array, not a null', async () => {
    for (const [type, array] of [
      ['bytea', byteaArray([])],
      ['text', textArray([])],
      ['int2', int2Array([])],
      ['int4', int4Array([])],
    ] as const) {
      const { rows } = await client.query<{ length: number }>(`SELECT cardinality($1::${type}[]) AS length`, [
        array,
      ]);
      expect(rows).toEqual([{ length: 0 }]);
    }
  });

  it('of one type is refused where another is expected', async () => {
    await expect(elements('int2', byteaArray([Buffer.from('x')]))).rejects.toThrow('element type 17');
  });
});
