import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { readCsvHeader } from './csv-rows.js';
import { RowRefusal, refusedRow } from './refused.js';
import type { Format, Row } from './row.js';
import { RowFile, refuseSame } from './row-file.js';
import { Source } from './source.js';

const folder = mkdtempSync(join(tmpdir(), 'integument-rows-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function open(content: Buffer | string, format: Format = 'csv', delimiter = ','): Promise<Source> {
  const path = join(folder, 'file');
  writeFileSync(path, content);
  return Source.open(path, format, delimiter);
}

async function all(source: Source, from = source.start): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of source.rows(from)) rows.push(row);
  return rows;
}

async function read(content: Buffer | string, format: Format = 'csv', delimiter = ',') {
  const source = await open(content, format, delimiter);
  const rows = await all(source).finally(() => source.close());
  return rows.map(({ line, cells, broken }) => [line, broken ?? Object.fromEntries(cells)]);
}

describe('a CSV', () => {
  it.each([
    [
      'quotes, delimiters and lines in a field',
      'a,b\n"say ""hi""","x,\ny"\n',
      [[2, { a: 'say "hi"', b: 'x,\ny' }]],
    ],
    [
      'CRLF, and LF in between',
      'a\r\n1\r\n2\n3\r\n',
      [
        [2, { a: '1' }],
        [3, { a: '2' }],
        [4, { a: '3' }],
      ],
    ],
    ['a byte order mark', '\ufeffa,b\n1,2', [[2, { a: '1', b: '2' }]]],
    ['no line end at its end', 'a\n1', [[2, { a: '1' }]]],
    [
      'empty lines',
      'a,b\n\n1,2\n\n\n3,4\n\n',
      [
        [3, { a: '1', b: '2' }],
        [6, { a: '3', b: '4' }],
      ],
    ],
    ['spaces, which are kept', 'a\n 1 \n', [[2, { a: ' 1 ' }]]],
    [
      'a row too short and one too long',
      'a,b\n1\n1,2,3\n4,5\n',
      [
        [2, 'row.columns'],
        [3, 'row.columns'],
        [4, { a: '4', b: '5' }],
      ],
    ],
    [
      'a row that is no UTF-8',
      Buffer.from('a,b\n1,\xff\n2,\xc3\xa9\n', 'latin1'),
      [
        [2, 'row.not_utf8'],
        [3, { a: '2', b: 'é' }],
      ],
    ],
    [
      'names of columns that objects have',
      '__proto__,constructor\n1,2\n',
      [[2, { ['__proto__']: '1', constructor: '2' }]],
    ],
  ] as const)('may have %s', async (_, content, expected) => {
    expect(await read(content)).toEqual(expected);
  });

  it('may have another delimiter', async () => {
    expect(await read('a;b\n1,5;2\n', 'csv', ';')).toEqual([[2, { a: '1,5', b: '2' }]]);
  });

  it('may have a field of a megabyte, and none of three', async () => {
    const [row] = await read(`a\n${'x'.repeat(1 << 20)}\n`);
    expect(JSON.stringify(row)).toHaveLength((1 << 20) + 12);
    await expect(read(`a\n1\n"${'x\n'.repeat(1_500_000)}`)).rejects.toThrow(
      'row that begins on line 3 is no CSV',
    );
  });

  it('may have a row of nothing but quotes, which is none of the empty lines', async () => {
    expect(await read('a\n""\n\n""\r\n\r\n""')).toEqual([
      [2, { a: '' }],
      [4, { a: '' }],
      [6, { a: '' }],
    ]);
  });

  it('may have no row that is too long by its cells, and tells its line behind empty ones', async () => {
    const row = Array.from({ length: 22_000 }, () => 'x'.repeat(100)).join(',');
    const tell = (content: string) => read(content).then(String, String);
    expect(await tell(`a,b\n1,2\n\n\n${row}\n3,4\n`)).toContain('row that begins on line 5 is no CSV');
    expect(await tell(`a,b\n1,"${'x\n'.repeat(3)}"\n\n${row}`)).toContain('begins on line 7 is no CSV');
    // Rows that are each short enough may be many.
    expect(await read(`a,b\n${`${'x'.repeat(999)},y\n`.repeat(2_500)}`)).toHaveLength(2_500);
  });

  it('may have no row that never ends, of which no more is read than a row may have and a little', async () => {
    let read = 0;
    async function* endless() {
      const piece = Buffer.from(`,${'b'.repeat(99)}`.repeat(2_600));
      for (; read < 40; read++) yield await Promise.resolve(piece);
    }
    await expect(readCsvHeader(endless(), ',', 0)).rejects.toThrow('is no CSV');
    expect(read).toBeLessThan(14);
  });

  it('tells of a header that is somebody’s row without what stands in it', async () => {
    for (const content of ['canary,canary\n', 'canary,\n', 'canary\r1\r']) {
      expect(await open(content).then(String, String)).toMatch(/^WrongUse: (?!.*canary)/);
    }
  });

  it.each([
    ['nothing', '', 'is empty'],
    ['a mark alone', '\ufeff', 'is empty'],
    ['a name twice', 'a,b,a\n', 'the columns 1 and 3 have the same name'],
    ['a column without name', 'a,,b\n', 'the column 2 has no name'],
    ['a carriage return alone', 'a,b\r1,2\r', 'lines end with LF or CRLF'],
    [
      'cells without an end',
      `a${`,${'b'.repeat(99)}`.repeat(22_000)}\r`.repeat(2),
      'row that begins on line 1 is no CSV',
    ],
    ['a header that is no UTF-8', Buffer.from('a,\xff\n', 'latin1'), 'not in UTF-8'],
  ])('can’t have %s', async (_, content, why) => {
    await expect(open(content)).rejects.toThrow(why);
  });

  it.each(['a,b\n1,"canary" x\n', 'a,b\n1,x"canary"\n', 'a,b\n1,"canary\n'])(
    'with wrong quotes is told without what stands in it: %j',
    async (content) => {
      const error = await read(content).then(String, String);
      expect(error).toMatch(/line 2 is no CSV/);
      expect(error).not.toContain('canary');
    },
  );
});

describe('NDJSON', () => {
  it.each([
    [
      'objects, in any order of names',
      '{"a":1}\n{"b":"x","a":null}\n',
      [
        [1, { a: 1 }],
        [2, { b: 'x', a: null }],
      ],
    ],
    [
      'what ends lines elsewhere',
      '{"a":"x\u2028y\u2029\u0085"}\r\n{"a":2}',
      [
        [1, { a: 'x\u2028y\u2029\u0085' }],
        [2, { a: 2 }],
      ],
    ],
    [
      'a byte order mark and empty lines',
      '\ufeff{"a":1}\n\n  \n{"a":2}\n\n',
      [
        [1, { a: 1 }],
        [4, { a: 2 }],
      ],
    ],
    [
      'lines that are no object',
      '[]\nnull\n1\n{"a"\n{}\n',
      [
        [1, 'row.not_json'],
        [2, 'row.not_json'],
        [3, 'row.not_json'],
        [4, 'row.not_json'],
        [5, {}],
      ],
    ],
    [
      'a line that is no UTF-8',
      Buffer.from('{"a":"\xff"}\n{"a":1}', 'latin1'),
      [
        [1, 'row.not_utf8'],
        [2, { a: 1 }],
      ],
    ],
    [
      'numbers that stay the same ones, however they are written',
      '{"a":[1.10,-0,0.0e7,1E2,12.5e-3,9007199254740992,1e300,123456789012345680000],"b":"9007199254740993 \\"1e400"}\n',
      [
        [
          1,
          {
            a: [1.1, -0, 0, 100, 0.0125, 2 ** 53, 1e300, 123456789012345680000],
            b: '9007199254740993 "1e400',
          },
        ],
      ],
    ],
    [
      'numbers that would be others when they are written again',
      '{"a":9007199254740993}\n{"a":{"b":[1e400]}}\n{"a":-0.1000000000000000055}\n{"a":1e-400}\n{"a":1}\n',
      [
        [1, 'row.number_inexact'],
        [2, 'row.number_inexact'],
        [3, 'row.number_inexact'],
        [4, 'row.number_inexact'],
        [5, { a: 1 }],
      ],
    ],
    [
      'a line of three megabytes',
      `{"a":"${'x'.repeat(3 << 20)}"}\n{"a":1}\n`,
      [
        [1, 'row.too_long'],
        [2, { a: 1 }],
      ],
    ],
  ] as const)('may have %s', async (_, content, expected) => {
    expect(await read(content, 'ndjson')).toEqual(expected);
  });
});

it('a row whose numbers would change is refused as it was written', async () => {
  const written = '{"id": 9007199254740993, "x": 1.10}';
  const source = await open(`${written}\n`, 'ndjson');
  const [row] = await all(source).finally(() => source.close());
  const refused = row && refusedRow(row, new RowRefusal(row.broken ?? ''));
  expect(refused?.get('row')).toBe(written);
});

const text = fc.string({ unit: 'grapheme', maxLength: 12 });

it('a file is read on from behind any row as it was read before', async () => {
  const tables = fc.array(fc.array(text, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 12 });
  const ends = fc.constantFrom('\n', '\r\n');
  await fc.assert(
    fc.asyncProperty(tables, ends, fc.boolean(), async (table, end, marked) => {
      const quoted = table
        .map((row) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(','))
        .join(end);
      const source = await open(`${marked ? '\ufeff' : ''}a,b,c${end}${quoted}${end}`);
      const rows = await all(source);
      expect(rows.map(({ cells }) => [...cells.values()])).toEqual(table);
      for (const [at, row] of rows.entries()) expect(await all(source, row.end)).toEqual(rows.slice(at + 1));
      await source.close();
    }),
    { numRuns: 60 },
  );
});

it('a file that somebody writes into is noticed', async () => {
  const source = await open('a\n1\n');
  await source.check();
  writeFileSync(join(folder, 'file'), 'a\n1\n2\n');
  await expect(source.check()).rejects.toThrow('was changed');
  await source.close();
});

it('what was written is cut back to what counts, and goes on from there', async () => {
  const path = join(folder, 'out.csv');
  const row = (a: unknown) => new Map([['a', a]]);
  const file = await RowFile.open(path, 'csv', ['a'], 0);
  await file.append([row('1,"2"\n')]);
  const { bytes } = file;
  await file.append([row('not acknowledged')]);
  await file.close();
  const again = await RowFile.open(path, 'csv', ['a'], bytes);
  await again.append([row(null), row({ x: 1 })]);
  await again.close();
  expect(readFileSync(path, 'utf8')).toBe('a\n"1,""2""\n"\n""\n"{""x"":1}"\n');
  await expect(RowFile.open(path, 'csv', ['a'], 10_000)).rejects.toThrow('shorter than it was left');
});

it('a file that was there already becomes its owner’s alone, and none is written as two', async () => {
  const path = join(folder, 'seen.ndjson');
  writeFileSync(path, 'x', { mode: 0o644 });
  await (await RowFile.open(path, 'ndjson', [], 0)).close();
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(() => refuseSame([path, `${folder}/../${basename(folder)}/seen.ndjson`])).toThrow(
    'two files at once',
  );
  refuseSame([path, `${path}2`]);
});
