import type { Enrolment } from '@integument/contracts';

/** Two customers of the demo shop, with accounts to sign in by. All invented. */
export const DEMO_PEOPLE: Enrolment[] = [
  {
    account: { subject: 'alice' },
    fields: {
      email: 'alice@example.com',
      phone: '+32470123456',
      given_name: 'Alice',
      family_name: 'Lindqvist',
      birth_date: '1991-04-17',
      postal_address: {
        lines: ['Rue des Tanneurs 12'],
        postcode: '1000',
        locality: 'Brussels',
        country: 'BE',
      },
      account_id: 'SHOP-1001',
    },
  },
  {
    account: { subject: 'bob' },
    fields: {
      email: 'bob@example.com',
      phone: '+4915112345678',
      given_name: 'Bob',
      family_name: 'Okafor',
      birth_date: '1985-11-02',
      postal_address: { lines: ['Lindenweg 4'], postcode: '20095', locality: 'Hamburg', country: 'DE' },
      account_id: 'SHOP-1002',
    },
  },
];
