import { randomBytes } from 'node:crypto';
import type { NewToken } from '@integument/contracts';

export const VALUE_BYTES = 35;

/** Invented addresses, no two alike and all of one length, so that what is stored for them can be counted. */
export function syntheticValues(count: number): Pick<NewToken, 'field' | 'value'>[] {
  return Array.from({ length: count }, () => ({ field: 'email', value: syntheticAddress() }));
}

export function syntheticAddress(): string {
  return `${randomBytes(8).toString('hex')}@people.example.com`;
}
