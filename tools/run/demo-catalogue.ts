/** What the embedded run's vault knows beside the identity fields, for trying tokens: the catalogue of docs/vault.md. */
export const DEMO_CATALOGUE = {
  fields: {
    card: { kind: 'card', keep: ['last4'], sensitivity: 'direct', mask: 'last:4' },
    national_id: { kind: 'national-id', scheme: 'de-steuer-id', sensitivity: 'direct', mask: 'hidden' },
    postcode: { kind: 'postcode', country: 'DE', sensitivity: 'indirect', mask: 'first:1 country' },
    loyalty_number: { kind: 'account', sensitivity: 'direct', mask: 'last:2' },
    birth_day: { kind: 'date', sensitivity: 'indirect', mask: 'year' },
    // Of the SIM card in a shop's card terminal: a number that is nobody's, so no erasure has to reach it.
    terminal_phone: {
      kind: 'phone',
      sensitivity: 'indirect',
      mask: 'last:2',
      tokens: ['format-preserving'],
      erasable: false,
    },
  },
  domains: { orders: { clients: ['brand-shop'] } },
} as const;
