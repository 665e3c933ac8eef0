import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { canonicalJson, type Json, NotCanonical } from './canonical-json.js';
import { operationDigest } from './operation-digest.js';

const FOLDER = new URL('../../../../shared/vectors/jcs/testdata/', import.meta.url);

function vectors(): [string, Json, string][] {
  try {
    return readdirSync(new URL('input/', FOLDER)).map((name) => {
      const read = (folder: string) => readFileSync(new URL(`${folder}/${name}`, FOLDER), 'utf8');
      return [name, JSON.parse(read('input')) as Json, read('output').trimEnd()];
    });
  } catch {
    console.log('skipped: the whole of the RFC 8785 vectors, since ../shared is not here');
    return [];
  }
}

/** RFC 8785, section 3.2.3, and others of the same kind. */
const FACTS: [string, Json, string][] = [
  [
    'keys',
    { '€': 1, '\r': 2, '1': 3, '😀': 4, '\ufb33': 5, ö: 6 },
    '{"\\r":2,"1":3,"ö":6,"€":1,"😀":4,"\ufb33":5}',
  ],
  ['depth', { b: [{ z: null, a: true }], a: 'x' }, '{"a":"x","b":[{"a":true,"z":null}]}'],
  ['numbers', [1e30, 4.5, 2e-3, -0], '[1e+30,4.5,0.002,0]'],
];

describe('canonical JSON', () => {
  it.each([...FACTS, ...vectors()])('of %s is as RFC 8785 has it', (_, value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  it.each([['\ud800'], [{ '\udc00': 1 }], [Number.NaN], [Number.POSITIVE_INFINITY]])(
    'is refused to what has none: %j',
    (value) => {
      expect(() => canonicalJson(value as Json)).toThrow(NotCanonical);
    },
  );
});

describe('the digest of an operation', () => {
  const digest = (name: string, parameters: Json) => operationDigest(name, parameters).toString('hex');

  it('is the same however its parameters are ordered, and another for everything else', () => {
    const one = digest('a.b', { x: '1', y: ['2'] });
    expect(digest('a.b', { y: ['2'], x: '1' })).toBe(one);
    const others = [
      digest('a.c', { x: '1', y: ['2'] }),
      digest('a.b', { x: '1', y: '2' }),
      digest('a.b', { x: '1', y: ['2'], z: '' }),
      digest('a.b', { x: ['1'], y: ['2'] }),
    ];
    expect(new Set([one, ...others]).size).toBe(5);
  });
});
