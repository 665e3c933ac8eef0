import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawBelow, drawToken } from './draw.js';
import { decryptToken, encryptToken } from './encrypt.js';
import type { Format, Slots } from './format.js';
import { cardFormat, NATIONAL_IDS, phoneFormat, postcodeFormat } from './index.js';
import { luhnDigit, luhnSum } from './luhn.js';
import { SAMPLES } from './samples.fixture.js';

const RUNS = 12;
const cipher = { key: Buffer.alloc(32, 7), tweak: Buffer.from('field') };
const formed = SAMPLES.flatMap(([name, format, encrypts, values]) =>
  values.map((value) => ({ name, format, encrypts, value })),
);
const shape = (format: Format, text: string) => {
  const slots = format.slots(text);
  return slots && { size: slots.size, kept: slots.kept, length: text.length };
};

const cardOf = (body: string) => body + luhnDigit(`${body}0`);

describe.each(formed)('a token of the $name $value', ({ format, value }) => {
  it('has its shape, and is never the value', () => {
    for (let run = 0; run < RUNS; run++) {
      const token = drawToken(format, value, randomBytes);
      expect(shape(format, token)).toEqual(shape(format, value));
      expect(token).not.toBe(value);
    }
  });

  it('writes the text of each number, and no number twice', () => {
    const slots = format.slots(value);
    expect(slots?.write(slots.index)).toBe(value);
    const number = fc.bigInt({ min: 0n, max: (slots?.size ?? 0n) - 1n });
    fc.assert(
      fc.property(number, (index) => {
        const text = slots?.write(index) ?? null;
        if (text !== null) expect(format.slots(text)?.index).toBe(index);
      }),
    );
  });

  it('can be written for a third of the numbers at least', () => {
    const slots = format.slots(value);
    const drawn = Array.from({ length: 300 }, () => slots?.write(drawBelow(slots.size, randomBytes)) ?? null);
    expect(drawn.filter((text) => text !== null).length).toBeGreaterThan(100);
  });
});

describe('an encrypted token', () => {
  it.each(formed.filter(({ encrypts }) => encrypts))(
    'is decrypted to the value, from any value like the $name $value',
    ({ format, value }) => {
      let text = value;
      for (let run = 0; run < RUNS; run++) {
        const token = encryptToken(format, text, cipher);
        expect(shape(format, token)).toEqual(shape(format, value));
        expect(decryptToken(format, token, cipher)).toBe(text);
        text = drawToken(format, value, randomBytes);
      }
    },
  );

  it.each(formed.filter(({ encrypts }) => !encrypts))(
    'is not made of the $name $value, which has less than a million like it',
    ({ format, value }) => {
      expect(() => encryptToken(format, value, cipher)).toThrow('catalogue.too_few_tokens');
      expect(() => decryptToken(format, value, cipher)).toThrow('catalogue.too_few_tokens');
    },
  );

  // Nothing is stored of these, so a format may never number its texts anew. A change here makes every token given so far another value.
  it.each([
    ['phone', '+441632960001', '+441309847564'],
    ['card', '4242424242424242', '8245359089778268'],
    ['card, first six kept', '4242424242424242', '4242427259691827'],
    ['card, last four kept', '4242424242424242', '7405922201404242'],
    ['us-ssn', '219099999', '477681262'],
    ['de-steuer-id', '86095742719', '37940612883'],
    ['fr-nir', '255081416802538', '286533815657451'],
    ['gb-nino', 'AB123456C', 'ZL516168C'],
    ['es-dni', '12345678Z', '09872295M'],
    ['it-codice-fiscale', 'RSSMRA85T10A562S', 'RDAUIV82A06H024Y'],
    ['nl-bsn', '111222333', '571799954'],
    ['se-personnummer', '198112189876', '198706244061'],
    ['be-rijksregister', '85073003328', '78101262346'],
    ['pl-pesel', '44051401359', '80121717210'],
    ['postcode of CA', 'K1A 0B1', 'A9H 9E7'],
    ['postcode of NL', '1012 JS', '1314 OB'],
    ['postcode of JP', '100-8111', '052-4048'],
    ['postcode of GB, of three or four before', 'B33 8TH', 'K93 3DB'],
    ['postcode of US, nine digits', '20500-0003', '75644-8567'],
  ])('of the %s %s is the same in every release', (name, value, token) => {
    const format = SAMPLES.find(([other]) => other === name)?.[1] ?? cardFormat([]);
    expect(encryptToken(format, value, cipher)).toBe(token);
    expect(decryptToken(format, token, cipher)).toBe(value);
  });

  it('is the same in every release, for each format that may be encrypted', () => {
    expect(SAMPLES.filter(([, , encrypts]) => encrypts)).toHaveLength(19);
  });

  it('is another one under another key, another field, and with other parts kept', () => {
    const format = cardFormat(['first6']);
    const [card, other] = [cardOf('424242123456789'), cardOf('411111123456789')];
    const tokens = [
      encryptToken(format, card, cipher),
      encryptToken(format, card, { ...cipher, tweak: Buffer.from('another') }),
      encryptToken(format, card, { ...cipher, key: Buffer.alloc(32, 8) }),
      encryptToken(format, other, cipher),
    ].map((token) => token.slice(6, 15));
    expect(new Set(tokens).size).toBe(4);
  });

  it('is one of the size, where FF1 permutes a few more: a thousand and one, squared, for a million and one', () => {
    const size = 1_000_001n;
    const slots = (value: string): Slots => ({ size, index: BigInt(value), kept: '', write: String });
    const tokens = new Set<string>();
    for (let value = 0; value < 3_000; value++) {
      const token = encryptToken({ slots }, String(value), cipher);
      expect(BigInt(token) < size).toBe(true);
      expect(decryptToken({ slots }, token, cipher)).toBe(String(value));
      tokens.add(token);
    }
    expect(tokens.size).toBe(3_000);
  });

  it('is not made where it would be the value, nor sought for ever', () => {
    const format = (write: Slots['write']): Format => ({
      slots: () => ({ size: 1_000_000n, index: 0n, kept: '', write }),
    });
    expect(() =>
      encryptToken(
        format(() => 'value'),
        'value',
        cipher,
      ),
    ).toThrow('catalogue.no_other_token');
    expect(() =>
      encryptToken(
        format(() => null),
        'value',
        cipher,
      ),
    ).toThrow('catalogue.no_other_token');
  });

  it('is not given where it could not be taken for a value, and neither is a drawn one', () => {
    const format = { ...cardFormat([]), passes: () => false };
    const picky = { ...cardFormat([]), passes: (token: string) => token.startsWith('7') };
    expect(() => encryptToken(format, '4242424242424242', cipher)).toThrow('catalogue.no_other_token');
    expect(() => drawToken(format, '4242424242424242', randomBytes)).toThrow('catalogue.no_other_token');
    expect(drawToken(picky, '4242424242424242', randomBytes)).toMatch(/^7/);
  });
});

describe('a drawn token', () => {
  it('is each of the possible ones equally often', () => {
    const size = 1_000n;
    const counts = new Map<bigint, number>();
    for (let run = 0; run < 100_000; run++) {
      const drawn = drawBelow(size, randomBytes);
      counts.set(drawn, (counts.get(drawn) ?? 0) + 1);
    }
    const square = [...counts.values()].reduce((sum, count) => sum + (count - 100) ** 2 / 100, 0);
    // Chi-square with 999 degrees of freedom: above 1,250 once in ten million runs; a remainder of two bytes of 1,000 gives 1,530 or more.
    expect(counts.size).toBe(1_000);
    expect(square).toBeLessThan(1_250);
  });

  it('is drawn again where the source gave a number above the last', () => {
    const given = [
      [0xff, 0xff],
      [0xff, 0xff],
      [0x00, 0x2a],
    ];
    expect(drawBelow(1_000n, () => Uint8Array.from(given.shift() ?? []))).toBe(42n);
    expect(given).toEqual([]);
  });

  it('is refused where the source gives the value for ever', () => {
    const index = postcodeFormat('DE').slots('10117')?.index ?? 0n;
    const stuck = () => Buffer.from(index.toString(16).padStart(6, '0'), 'hex');
    expect(() => drawToken(postcodeFormat('DE'), '10117', stuck)).toThrow('catalogue.no_other_token');
  });

  it('is refused where there are less than a thousand', () => {
    const [twelve, fourteen] = [cardOf('67596498264'), cardOf('3622720627166')];
    const format = cardFormat(['first6', 'last4']);
    expect(() => drawToken(format, twelve, randomBytes)).toThrow('catalogue.too_few_tokens');
    expect(format.slots(fourteen)?.size).toBe(1_000n);
    expect(drawToken(format, fourteen, randomBytes)).toHaveLength(14);
  });
});

describe('a token of a card', () => {
  it('passes the Luhn check, keeps what it is told to and nothing else', () => {
    for (let run = 0; run < 200; run++) {
      const token = drawToken(cardFormat(['first6', 'last4']), '4242424242424242', randomBytes);
      expect(token).toMatch(/^424242[0-9]{6}4242$/);
      expect(luhnSum(token)).toBe(0);
    }
    const firsts = Array.from({ length: 300 }, () =>
      drawToken(cardFormat([]), '4242424242424242', randomBytes),
    );
    expect(new Set(firsts.map((token) => token[0]))).toEqual(new Set([...'123456789']));
    expect(new Set(firsts.map((token) => token.at(-1))).size).toBe(10);
  });
});

describe('a value that does not fit its format', () => {
  it.each<[string, Format, string]>([
    ['a card that fails the Luhn check', cardFormat(['last4']), '4242424242424241'],
    ['a card with spaces', cardFormat([]), '4242 4242 4242 4242'],
    ['a short card', cardFormat([]), '42424242426'],
    ['a phone without a country', phoneFormat, '01632960001'],
    ['a phone of a calling code that there is not', phoneFormat, '+9999999999'],
    ['a phone too short for its country', phoneFormat, '+3912345'],
    ['a phone that is read as another', phoneFormat, '+4901632960001'],
    ['a phone with spaces', phoneFormat, '+44 1632 960001'],
    ['digits of another script', NATIONAL_IDS['nl-bsn'], '١١١٢٢٢٣٣٣'],
    ['a national id with more behind it', NATIONAL_IDS['us-ssn'], '2190999990'],
    ['a line after it', NATIONAL_IDS['us-ssn'], '219099999\n'],
    ['a postcode of another country', postcodeFormat('NL'), '10117'],
    ['a postcode in lower case', postcodeFormat('GB'), 'sw1a 1aa'],
    ['nothing', postcodeFormat('DE'), ''],
  ])('is refused: %s', (_, format, value) => {
    expect(() => drawToken(format, value, randomBytes)).toThrow('catalogue.value_unfit');
    expect(() => encryptToken(format, value, cipher)).toThrow('catalogue.value_unfit');
    expect(() => decryptToken(format, value, cipher)).toThrow('catalogue.value_unfit');
  });

  it('is refused or taken, but never fails otherwise, whatever it is', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 30 }),
      fc.stringMatching(/^[0-9A-Z +-]{0,20}$/),
    );
    fc.assert(
      fc.property(text, fc.constantFrom(...SAMPLES), (text, [, format]) => {
        const slots = format.slots(text);
        if (slots) expect(slots.write(slots.index)).toBe(text);
      }),
      { numRuns: 2_000 },
    );
  });
});
