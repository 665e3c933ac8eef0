import { randomInt } from 'node:crypto';
import type { enrolment } from '@integument/contracts';
import type { z } from 'zod';

/** A person who does not exist, every value of whom stands nowhere else in the world. */
export interface SyntheticPerson {
  readonly subject: string;
  readonly enrolment: z.input<typeof enrolment> & { readonly account: { readonly subject: string } };
  /** what to look for: the value's field and its unmistakable part */
  readonly canaries: readonly Canary[];
}

export interface Canary {
  /** where it was put; said in place of the value, which is never printed */
  readonly kind: string;
  readonly value: string;
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const FIRST_BIRTH = Date.UTC(1930, 0, 1);
const BIRTH_DAYS = 21_000;
const DAY_MS = 86_400_000;

/** 14 random letters: one in 10¹⁹. Small ones only, so that no normaliser changes them. */
export function word(letters = 14): string {
  return Array.from({ length: letters }, () => LETTERS[randomInt(LETTERS.length)]).join('');
}

/** @returns people with different values in every field */
export function synthesise(count: number): SyntheticPerson[] {
  const birthDates = distinctDays(count);
  return birthDates.map(personBornOn);
}

function personBornOn(birthDate: string): SyntheticPerson {
  const values = {
    email: word(),
    given_name: word(),
    family_name: word(),
    birth_date: birthDate,
    phone: digits(15),
    street: word(),
    house: word(),
    locality: word(),
    region: word(),
    postcode: word(),
    account_id: word(),
    subject: word(),
  };
  return {
    subject: values.subject,
    enrolment: {
      account: { subject: values.subject },
      fields: {
        email: `${values.email}@example.org`,
        phone: `+${values.phone}`,
        given_name: capital(values.given_name),
        family_name: capital(values.family_name),
        birth_date: birthDate,
        postal_address: {
          lines: [`${capital(values.street)} 12`, `c/o ${capital(values.house)}`],
          locality: capital(values.locality),
          region: capital(values.region),
          postcode: values.postcode,
          country: 'SE',
        },
        account_id: values.account_id,
      },
    },
    canaries: Object.entries(values).map(([kind, value]) => ({ kind, value })),
  };
}

/** E.164 has room for 15 digits. So many don't turn up by chance, not even in a gigabyte of hexadecimal digits. */
function digits(count: number): string {
  return `${randomInt(1, 10)}${Array.from({ length: count - 1 }, () => randomInt(10)).join('')}`;
}

function distinctDays(count: number): string[] {
  const days = new Set<number>();
  while (days.size < count) days.add(randomInt(BIRTH_DAYS));
  return [...days].map((day) => new Date(FIRST_BIRTH + day * DAY_MS).toISOString().slice(0, 10));
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}
