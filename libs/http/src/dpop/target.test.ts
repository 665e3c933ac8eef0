import { describe, expect, test } from 'vitest';
import { targetOf } from './target.js';

const PLACE = 'https://vault.example.org/v1/things/a';

describe('a place written in another way', () => {
  test.each([
    ['https://VAULT.Example.ORG/v1/things/a'],
    ['HTTPS://vault.example.org/v1/things/a'],
    ['https://vault.example.org:443/v1/things/a'],
    ['https://vault.example.org/v1/./x/../things/a'],
    ['https://vault.example.org/v1/%2e/things/%61'],
    ['https://vault.example.org/v1/things/a?depth=1'],
    ['https://vault.example.org/v1/things/a#top'],
  ])('is the same: %s', (uri) => {
    expect(targetOf(uri)).toBe(PLACE);
  });

  test('escapes that are needed stay, in capitals', () => {
    expect(targetOf('https://a.test/x%2fy%c3%bc')).toBe('https://a.test/x%2Fy%C3%BC');
    expect(targetOf('https://a.test/%252e%252e')).toBe('https://a.test/%252e%252e');
    expect(targetOf('https://a.test')).toBe('https://a.test/');
  });
});

describe('another place', () => {
  test.each([
    ['http://vault.example.org/v1/things/a'],
    ['https://vault.example.org:444/v1/things/a'],
    ['https://vault.example.org.evil.test/v1/things/a'],
    ['https://vault.example.org/v1/things/A'],
    ['https://vault.example.org/v1/things/a/'],
    ['https://vault.example.org//v1/things/a'],
    ['https://vault.example.org/v1/things%2fa'],
  ])('is another: %s', (uri) => {
    expect(targetOf(uri)).not.toBe(PLACE);
  });

  test.each([
    ['/v1/things/a'],
    [''],
    ['https://'],
    ['urn:integument:vault'],
    ['ftp://vault.example.org/v1/things/a'],
    ['https://shop@vault.example.org/v1/things/a'],
    ['https://vault.example.org\\v1\\things\\a'],
    [' https://vault.example.org/v1/things/a'],
    ['https://vault.example.org/v1/thi\nngs/a'],
    ['https://vault.example.org/v1/thingß/a'],
  ])('is none: %s', (uri) => {
    expect(targetOf(uri)).toBeNull();
  });
});
