import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ByteSearch } from './byte-search.js';
import { synthesise } from './canaries.js';
import { formsOfBytes, formsOfText } from './encodings.js';

const VALUE = 'quillonbarrow';
const needles = formsOfText({ kind: 'name', value: VALUE });

/** The kinds of form in which a haystack holds the value. */
function found(haystack: string | Buffer): string[] {
  const scan = new ByteSearch(needles).scan();
  scan.feed(Buffer.from(haystack as string));
  return [...scan.found].map(({ form }) => form);
}

describe('the search for values', () => {
  it('finds a value in the middle of anything', () => {
    expect(found(`a row\t${VALUE}\tof a table`)).toEqual(['plain']);
    expect(found('a row\tQuillonbarrow\t')).toEqual(['plain']);
    expect(found('quillonbarrov')).toEqual([]);
  });

  it.each([0, 1, 2, 3, 4, 5])('finds it in base64, %i bytes after the beginning', (before) => {
    const text = Buffer.concat([randomBytes(before), Buffer.from(VALUE), randomBytes(7)]);
    expect(found(text.toString('base64'))).toContain(`base64 +${before % 3}`);
    expect(found(`{"v":"${text.toString('base64url')}"}`)).toHaveLength(1);
  });

  it('finds it in hexadecimal, small and capital, and in UTF-16', () => {
    const hex = Buffer.from(VALUE).toString('hex');
    expect(found(`\\x00${hex}ff`)).toEqual(['hex']);
    expect(found(hex.toUpperCase())).toEqual(['HEX']);
    expect(found(Buffer.from(` ${VALUE}`, 'utf16le'))).toEqual(['UTF-16']);
  });

  it('finds bytes that are no text', () => {
    const bytes = Buffer.from([0, 1, 2, 0x9c, 0xff, 0x80, 7, 9]);
    const scan = new ByteSearch(formsOfBytes('reading', bytes)).scan();
    scan.feed(Buffer.concat([Buffer.alloc(100), bytes, Buffer.alloc(100)]));
    expect([...scan.found].map(({ form }) => form)).toEqual(['plain']);
  });

  it('finds what is cut in two, wherever the cut is', () => {
    for (let cut = 1; cut < VALUE.length; cut++) {
      const scan = new ByteSearch(needles).scan();
      scan.feed(Buffer.from(`before ${VALUE.slice(0, cut)}`));
      scan.feed(Buffer.from(`${VALUE.slice(cut)} after`));
      expect([...scan.found].map(({ form }) => form)).toEqual(['plain']);
    }
  });

  it('does not join the end of one thing to the beginning of the next', () => {
    const scan = new ByteSearch(needles).scan();
    scan.feed(Buffer.from(VALUE.slice(0, 6)));
    scan.cut();
    scan.feed(Buffer.from(VALUE.slice(6)));
    expect(scan.found.size).toBe(0);
  });

  it('finds every one of many, and none in noise', () => {
    const people = synthesise(50);
    const canaries = people.flatMap((person) => person.canaries);
    const search = new ByteSearch(canaries.flatMap(formsOfText));
    const all = search.scan();
    all.feed(Buffer.from(JSON.stringify(people.map(({ enrolment }) => enrolment)).toLowerCase()));
    expect(new Set([...all.found].map(({ bytes }) => bytes.toString())).size).toBe(canaries.length);
    const none = search.scan();
    none.feed(Buffer.from(randomBytes(500_000).toString('hex')));
    expect(none.found.size).toBe(0);
  });
});
