import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawToken, NATIONAL_ID_SCHEMES, POSTCODE_COUNTRIES } from '../formats/index.js';
import { SAMPLES } from '../formats/samples.fixture.js';
import { maskOf, parseMask } from '../mask.js';
import { type Kind, kindDeclaration, kindOf, suits } from './index.js';

const kind = (declaration: unknown) => kindOf(kindDeclaration.parse(declaration));
const taken = ({ schema }: Kind, value: unknown) => schema.safeParse(value).data ?? null;

const DECLARATIONS = [
  ...['email', 'phone', 'name', 'line', 'text', 'date', 'postal-address', 'account', 'card'].map((kind) => ({
    kind,
  })),
  { kind: 'card', keep: ['last4'] },
  ...NATIONAL_ID_SCHEMES.map((scheme) => ({ kind: 'national-id', scheme })),
  ...POSTCODE_COUNTRIES.map((country) => ({ kind: 'postcode', country })),
];
const KINDS = DECLARATIONS.map((declaration) => [JSON.stringify(declaration), kind(declaration)] as const);

describe('a kind of values', () => {
  it.each<[object, unknown, string]>([
    [{ kind: 'email' }, ' Ada@Example.org ', 'Ada@Example.org'],
    [{ kind: 'phone' }, '+44 (1632) 960-001', '+441632960001'],
    [{ kind: 'name' }, 'Ame\u0301lie', 'Am\u00e9lie'],
    [{ kind: 'text' }, ' two\nlines\0 ', ' two\nlines\0 '],
    [{ kind: 'text' }, '𠮷'.repeat(4_096), '𠮷'.repeat(4_096)],
    [{ kind: 'date' }, '2008-02-29', '2008-02-29'],
    [{ kind: 'account' }, 'A-1815', 'A-1815'],
    [{ kind: 'card' }, '4242 4242-4242 4242', '4242424242424242'],
    [{ kind: 'national-id', scheme: 'us-ssn' }, '219-09-9999', '219099999'],
    [{ kind: 'national-id', scheme: 'de-steuer-id' }, '86 095 742 719', '86095742719'],
    [{ kind: 'national-id', scheme: 'fr-nir' }, '2 55 08 14 168 025 38', '255081416802538'],
    [{ kind: 'national-id', scheme: 'gb-nino' }, 'ab 12 34 56 c', 'AB123456C'],
    [{ kind: 'national-id', scheme: 'es-dni' }, '12.345.678-z', '12345678Z'],
    [{ kind: 'national-id', scheme: 'be-rijksregister' }, '85.07.30-033 28', '85073003328'],
    [{ kind: 'national-id', scheme: 'se-personnummer' }, '19811218-9876', '198112189876'],
    [{ kind: 'postcode', country: 'GB' }, 'sw1a1aa', 'SW1A 1AA'],
    [{ kind: 'postcode', country: 'GB' }, 'w1a0ax', 'W1A 0AX'],
    [{ kind: 'postcode', country: 'GB' }, 'm1 1ae', 'M1 1AE'],
    [{ kind: 'postcode', country: 'JP' }, '1008111', '100-8111'],
    [{ kind: 'postcode', country: 'CA' }, 'k1a0b1', 'K1A 0B1'],
    [{ kind: 'postcode', country: 'NL' }, '1012js', '1012 JS'],
    [{ kind: 'postcode', country: 'US' }, '205000003', '20500-0003'],
    [{ kind: 'postcode', country: 'US' }, '20500', '20500'],
    [{ kind: 'postcode', country: 'SE' }, '11455', '114 55'],
    [{ kind: 'postcode', country: 'DE' }, '01067', '01067'],
    [
      { kind: 'postal-address' },
      { country: 'GB', locality: ' London ', lines: ['12 St James’s Square'] },
      '{"lines":["12 St James’s Square"],"locality":"London","country":"GB"}',
    ],
  ])('%j takes %j', (declaration, value, text) => {
    expect(taken(kind(declaration), value)).toBe(text);
  });

  it.each<[object, unknown]>([
    [{ kind: 'email' }, 'ada'],
    [{ kind: 'phone' }, '01632 960001'],
    [{ kind: 'name' }, ''],
    [{ kind: 'name' }, 'two\nlines'],
    [{ kind: 'line' }, 'x'.repeat(201)],
    [{ kind: 'text' }, ''],
    [{ kind: 'text' }, 'x'.repeat(4_097)],
    [{ kind: 'text' }, 'half \ud800 of a pair'],
    [{ kind: 'text' }, 42],
    [{ kind: 'date' }, '2007-02-29'],
    [{ kind: 'date' }, '10.12.1815'],
    [{ kind: 'card' }, '4242 4242 4242 4241'],
    [{ kind: 'card' }, '42424242420'],
    [{ kind: 'national-id', scheme: 'nl-bsn' }, '111222334'],
    [{ kind: 'postcode', country: 'GB' }, '10117'],
    [{ kind: 'postcode', country: 'DE' }, '1011'],
    [{ kind: 'postcode', country: 'NL' }, '1012 SS'],
    [{ kind: 'postal-address' }, { lines: [], locality: 'London', country: 'GB' }],
    [{ kind: 'postal-address' }, { lines: ['1'], locality: 'London', country: 'GB', name: 'Ada' }],
  ])('%j refuses %j', (declaration, value) => {
    expect(taken(kind(declaration), value)).toBeNull();
  });

  it.each<[object, unknown, unknown]>([
    [{ kind: 'email' }, 'Ada@Example.org', 'ada@example.ORG'],
    [{ kind: 'phone' }, '+441632960001', '+44 1632 960001'],
    [{ kind: 'name' }, 'ADA  Lovelace', 'Ada Lovelace'],
    [{ kind: 'name' }, 'Ａｄａ', 'ada'],
    [{ kind: 'text' }, 'Ame\u0301lie', 'Am\u00e9lie'],
    [{ kind: 'card' }, '4242424242424242', '4242 4242 4242 4242'],
    [
      { kind: 'postal-address' },
      { lines: ['1 High Street'], locality: 'Leeds', postcode: 'LS1 1AA', country: 'GB' },
      { lines: ['1 HIGH street'], locality: 'LEEDS', postcode: 'ls11aa', country: 'GB' },
    ],
  ])('%j compares %j and %j as one', (declaration, one, other) => {
    const of = kind(declaration);
    expect(of.normalise(of.schema.parse(one))).toBe(of.normalise(of.schema.parse(other)));
  });

  it('compares addresses apart whose lines joined are one', () => {
    const of = kind({ kind: 'postal-address' });
    const normal = (lines: string[]) =>
      of.normalise(of.schema.parse({ lines, locality: 'Leeds', country: 'GB' }));
    expect(normal(['a', 'b'])).not.toBe(normal(['a, b']));
    expect(normal(['a', 'b'])).not.toBe(normal(['a b']));
  });

  it('answers with what was sent, in its one way of writing', () => {
    const sent = { lines: ['12 St James’s Square'], locality: 'London', country: 'GB' };
    const of = kind({ kind: 'postal-address' });
    expect(of.value(of.schema.parse(sent))).toEqual(sent);
    expect(kind({ kind: 'text' }).value('{}')).toBe('{}');
  });

  it('is not declared with what it does not have', () => {
    for (const wrong of [
      { kind: 'email', scheme: 'us-ssn' },
      { kind: 'card', keep: ['first4'] },
      { kind: 'card', keep: ['last4', 'last4'] },
      { kind: 'national-id' },
      { kind: 'national-id', scheme: 'constructor' },
      { kind: 'postcode', country: 'XX' },
      { kind: '__proto__' },
    ]) {
      expect(kindDeclaration.safeParse(wrong).success, JSON.stringify(wrong)).toBe(false);
    }
  });
});

describe('a text that a kind took', () => {
  const unicode = fc.string({ unit: 'binary', minLength: 1, maxLength: 60 });

  it.each(KINDS)('is taken by %s again as it is, and normalised once for all', (_, of) => {
    fc.assert(
      fc.property(fc.oneof(unicode, fc.string()), (value) => {
        const text = taken(of, value);
        if (text === null) return;
        expect(taken(of, of.value(text))).toBe(text);
        const normal = of.normalise(text);
        expect(of.normalise(normal)).toBe(normal);
      }),
      { numRuns: 300 },
    );
  });

  it('is any Unicode, to the byte, of free text', () => {
    const of = kind({ kind: 'text' });
    fc.assert(
      fc.property(unicode, (value) => {
        expect(of.value(Buffer.from(of.schema.parse(value)).toString())).toBe(value);
      }),
    );
  });

  it('is any address', () => {
    const of = kind({ kind: 'postal-address' });
    const part = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
      .filter((text) => text.trim() !== '');
    const address = fc.record({ lines: fc.array(part, { minLength: 1, maxLength: 4 }), locality: part });
    fc.assert(
      fc.property(address, (address) => {
        const text = taken(of, { ...address, country: 'GB' });
        if (text !== null) expect(taken(of, of.value(text))).toBe(text);
      }),
    );
  });

  it.each(KINDS.filter(([, { format }]) => format))('has a token that %s takes', (_, of) => {
    const values = SAMPLES.flatMap(([, , , values]) => values).filter((value) => taken(of, value) === value);
    for (const value of values) {
      if (!of.format?.slots(value)) continue;
      const token = drawToken(of.format, value, randomBytes);
      expect(taken(of, token)).toBe(token);
    }
  });
});

describe('a mask', () => {
  it.each<[object, string, boolean]>([
    [{ kind: 'email' }, 'first:1 domain', true],
    [{ kind: 'email' }, 'year', false],
    [{ kind: 'name' }, 'initials', true],
    [{ kind: 'name' }, 'domain', false],
    [{ kind: 'card' }, 'last:4', true],
    [{ kind: 'card' }, 'initials', false],
    [{ kind: 'date' }, 'year', true],
    [{ kind: 'date' }, 'last:2', false],
    [{ kind: 'postal-address' }, 'country', true],
    [{ kind: 'postal-address' }, 'first:5', false],
    [{ kind: 'postcode', country: 'DE' }, 'first:2 country', true],
    [{ kind: 'national-id', scheme: 'pl-pesel' }, 'first:6', false],
    [{ kind: 'text' }, 'first:1', false],
  ])('for %j of %s: %s', (declaration, mask, fits) => {
    expect(suits(kind(declaration), parseMask(mask))).toBe(fits);
  });

  it.each(KINDS)('may be hidden for %s', (_, of) => {
    expect(suits(of, parseMask('hidden'))).toBe(true);
  });

  it.each<[object, unknown, string, string]>([
    [{ kind: 'email' }, 'anna@example.org', 'first:1 domain', 'a•••@example.org'],
    [{ kind: 'card' }, '4242 4242 4242 4242', 'last:4', '•••4242'],
    [{ kind: 'date' }, '1815-12-10', 'year', '1815-••-••'],
    [
      { kind: 'postal-address' },
      { lines: ['12 St James’s Square'], locality: 'London', country: 'GB' },
      'country',
      '•••, GB',
    ],
    [{ kind: 'postcode', country: 'GB' }, 'SW1A 1AA', 'first:2 country', 'SW•••, GB'],
  ])('of %j %j by %s is %s', (declaration, value, mask, shown) => {
    const of = kind(declaration);
    expect(maskOf(parseMask(mask), of.parts(of.schema.parse(value)))).toBe(shown);
  });
});

const strings = join(import.meta.dirname, '../../../../../../../shared/vectors/blns/blns.json');

const missing = existsSync(strings) ? '' : ` (skipped: no ${strings})`;

describe.skipIf(missing)(`the big list of naughty strings${missing}`, () => {
  const naughty = missing ? [] : (JSON.parse(readFileSync(strings, 'utf8')) as string[]);

  it.each(KINDS)('is taken or refused by %s, string by string, and nothing else happens', (_, of) => {
    for (const value of naughty) {
      const text = taken(of, value);
      if (text === null) continue;
      expect(taken(of, of.value(text))).toBe(text);
      expect(of.normalise(of.normalise(text))).toBe(of.normalise(text));
      expect(typeof maskOf(parseMask('first:1'), of.parts(text))).toBe('string');
    }
    expect(naughty.length).toBeGreaterThan(400);
  });

  it('is free text, all of it but the empty one, to the byte', () => {
    const of = kind({ kind: 'text' });
    for (const value of naughty) expect(taken(of, value)).toBe(value === '' ? null : value);
  });
});
