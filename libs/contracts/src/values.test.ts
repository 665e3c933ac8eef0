import { describe, expect, it } from 'vitest';
import { enrolPerson, IDENTITY_FIELDS, identityFields, readSelf, revealPerson } from './people.js';
import { listProducts, product } from './products.js';
import { revealToken } from './tokens.js';
import { oneLine } from './values.js';

/** One character as it is sent, two in the composed form that is kept: composition excludes it (Unicode, UAX 15). */
const GROWS = ['\u09dc', '\u0958', '\ufb2a'];
const person = `cps_${'0'.repeat(32)}`;

describe('a line', () => {
  it.each(GROWS)('of %s is no longer where it is kept than it may be', (one) => {
    expect(oneLine(100).safeParse(one.repeat(50)).data).toHaveLength(100);
    expect(oneLine(100).safeParse(one.repeat(51)).success).toBe(false);
  });

  it('that was taken is taken again as it is, in every field of a person', () => {
    const text = '\u09dc'.repeat(100);
    for (const length of [1, 49, 50, 51, 64, 65, 99, 100]) {
      const line = text.slice(0, length);
      const address = {
        lines: [line],
        locality: line,
        region: line,
        postcode: line.slice(0, 16),
        country: 'BD',
      };
      for (const [field, schema] of Object.entries(identityFields.shape)) {
        const { data } = schema.safeParse(field === 'postal_address' ? address : line);
        if (data !== undefined) expect(schema.safeParse(data), field).toEqual({ success: true, data });
      }
    }
  });
});

describe('what is kept', () => {
  const long = 'x'.repeat(1_000);
  const address = {
    lines: Array.from({ length: 9 }, () => long),
    locality: long,
    postcode: long,
    country: 'XXX',
  };

  it('is told though nobody could send it any more', () => {
    const fields = {
      ...Object.fromEntries(IDENTITY_FIELDS.map((field) => [field, long])),
      postal_address: address,
      language: 'de',
    };
    expect(enrolPerson.body?.safeParse({ fields }).success).toBe(false);
    expect(readSelf.reply?.parse({ fields, region: null, enrolledOn: '2026-01-01' })).toMatchObject({
      fields,
    });
    for (const value of [long.repeat(9), address]) {
      expect(revealToken.reply?.parse({ field: 'note', value })).toEqual({ field: 'note', value });
    }
  });

  it('is told without what nobody has declared', () => {
    const fields = { email: 'a@example.org', shoe_size: 42 };
    const told = revealPerson.reply?.safeParse({ person, fields });
    expect(told?.data?.fields).toEqual({ email: 'a@example.org' });
  });

  it('of products, too', () => {
    const item = {
      ...{ id: 'a', brand: 'b', name: 'c', category: 'serum', price: { cents: 1, currency: 'EUR' } },
      ...{ ingredients: [], concerns: [], skinTypes: [] },
    };
    const old = { ...item, brand: long, name: long, ingredients: [long] };
    expect(product.safeParse({ ...item, name: '\u09dc'.repeat(101) }).success).toBe(false);
    expect(listProducts.reply?.safeParse({ items: [old], next: null }).data?.items).toEqual([old]);
  });
});
