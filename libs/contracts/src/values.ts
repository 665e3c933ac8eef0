import { parsePhoneNumberFromString } from 'libphonenumber-js/min';
import { z } from 'zod';

/**
 * One line of text as people write it: composed form, no control characters, no blank ends. Nor half of a surrogate pair,
 * which JSON can carry and UTF-8 can't: what is stored would not be what was sent.
 */
export function oneLine(max: number, unfit = /[\p{Cc}\p{Cs}]/u) {
  return (
    z
      .string()
      .max(max)
      .transform((text) => text.normalize('NFC').trim())
      // Composing makes some texts longer (Bengali ড়, Hebrew שׁ): what is kept has to pass here again as it is.
      .refine((text) => text.length > 0 && text.length <= max && !unfit.test(text))
  );
}

export const emailAddress = oneLine(254).pipe(z.email());

const E164 = /^\+[1-9]\d{6,14}$/;

/** Accepts international numbers in any punctuation and keeps E.164; the library costs 20 times the plain check. */
export const phoneNumber = z
  .string()
  .max(32)
  .transform((text, issues) => {
    if (E164.test(text)) return text;
    const number = parsePhoneNumberFromString(text);
    if (number?.isPossible()) return number.number;
    issues.addIssue({ code: 'custom', message: 'not an international phone number' });
    return z.NEVER;
  });

export const countryCode = z.string().regex(/^[A-Z]{2}$/, 'ISO 3166-1 alpha-2');

export const postalAddress = z.strictObject({
  lines: z.array(oneLine(100)).min(1).max(4),
  locality: oneLine(100),
  region: oneLine(100).optional(),
  postcode: oneLine(16).optional(),
  country: countryCode,
});
export type PostalAddress = z.output<typeof postalAddress>;

/** An address as it is told. What is kept was let in by the limits of its day, and must be told whatever they are now. */
export const toldAddress: z.ZodType<PostalAddress, PostalAddress> = z.object({
  lines: z.array(z.string()),
  locality: z.string(),
  region: z.string().optional(),
  postcode: z.string().optional(),
  country: z.string(),
});
