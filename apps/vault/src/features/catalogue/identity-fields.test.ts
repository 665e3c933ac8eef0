import type { IdentityField } from '@integument/contracts';
import { describe, expect, it } from 'vitest';
import { maskText } from './identity-fields.js';

describe('a mask', () => {
  it.each<[IdentityField, string, string]>([
    ['given_name', 'Adele', 'A•••'],
    ['given_name', 'Anna', 'A•••'],
    ['given_name', 'Ada', '•••'],
    ['family_name', 'Li', '•••'],
    ['family_name', 'O', '•••'],
    // Three characters, in more than three units of UTF-16.
    ['family_name', '𠮷𠮷𠮷', '•••'],
    ['family_name', '𠮷𠮷𠮷𠮷', '𠮷•••'],
    ['email', 'anna@example.org', 'a•••@example.org'],
    ['email', 'ada@example.org', '•••@example.org'],
    ['email', 'x@example.org', '•••@example.org'],
    ['account_id', 'A-1', '•••'],
    ['account_id', 'A-1815', '•••5'],
    ['phone', '+441632960001', '•••01'],
  ])('of the %s %s is %s', (field, value, mask) => {
    expect(maskText(field, value)).toBe(mask);
  });
});
