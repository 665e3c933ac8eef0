import { expect, test } from 'vitest';
import { ageOfDigitalConsent } from './ages-of-consent.js';

const COUNTRIES = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'].flatMap((one, _, letters) =>
  letters.map((other) => one + other),
);

test('each country has the age that its law says, and all others that of the GDPR', () => {
  expect(['BE', 'FR', 'DE', 'US'].map(ageOfDigitalConsent)).toEqual([13, 15, 16, 13]);
  expect(['BR', 'ZZ', '', null].map(ageOfDigitalConsent)).toEqual([16, 16, 16, 16]);
  expect(ageOfDigitalConsent('US-WA')).toBe(13);
});

// GDPR Art. 8(1) allows no less than 13. Whoever is of full age is asked no more where they live.
test('nowhere is it below 13, or later than full age', () => {
  const ages = COUNTRIES.map(ageOfDigitalConsent);
  expect(Math.min(...ages)).toBe(13);
  expect(Math.max(...ages)).toBeLessThanOrEqual(18);
});
