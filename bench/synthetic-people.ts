import { randomBytes } from 'node:crypto';
import type { Enrolment } from '@integument/contracts';

/** Invented people with all identity fields, no two alike: equal values would be cheaper to index. */
export function syntheticPeople(count: number): Enrolment[] {
  return Array.from({ length: count }, syntheticPerson);
}

function syntheticPerson(): Enrolment {
  const id = randomBytes(8).toString('hex');
  const number = String(randomBytes(4).readUInt32BE()).padStart(10, '0');
  return {
    fields: {
      email: `${id}@people.example.com`,
      phone: `+32${number.slice(0, 9)}`,
      given_name: `Anneliese-${id.slice(0, 4)}`,
      family_name: `Vanderlinden-${id.slice(4, 8)}`,
      birth_date: `19${number.slice(8, 10)}-07-21`,
      postal_address: {
        lines: [`Rue des Bouchers ${number.slice(0, 3)}`],
        postcode: number.slice(3, 7),
        locality: 'Brussels',
        country: 'BE',
      },
      account_id: `SHOP-${number}`,
    },
  };
}
