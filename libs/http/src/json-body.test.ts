import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseJson } from './json-body.js';

const bytes = (text: string) => Buffer.from(text, 'utf8');

describe('a body', () => {
  test('that is JSON reads as JSON', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        fc.pre(!/proto|constructor/.test(text));
        expect(parseJson(bytes(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  test('is read or refused by a coded error, whatever the bytes, and never changes a prototype', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (random) => {
        try {
          parseJson(Buffer.from(random));
        } catch (error) {
          expect(error).toMatchObject({ status: 400 });
          expect(error).not.toHaveProperty('cause');
        }
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
    );
  });

  test.each([
    '{"__proto__":1}',
    '{"a":[{"__proto__":{"b":1}}]}',
    '{"\\u005f\\u005fproto\\u005f\\u005f":1}',
    '{"constructor":{"prototype":1}}',
    '{"a":{"constructor":{"\\u0070rototype":1}}}',
  ])('that names a prototype is refused: %s', (text) => {
    expect(() => parseJson(bytes(text))).toThrow('request.json');
  });

  test('may say constructor where it means the word', () => {
    expect(parseJson(bytes('{"job":"constructor","a":{"b":"__proto__"}}'))).toEqual({
      job: 'constructor',
      a: { b: '__proto__' },
    });
  });

  test('with a byte that is not UTF-8 is refused, not mended', () => {
    expect(() => parseJson(Buffer.from([0x22, 0xff, 0x22]))).toThrow('request.encoding');
  });
});
