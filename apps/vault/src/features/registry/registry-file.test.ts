import { describe, expect, it } from 'vitest';
import { type RegistryFile, refuseStaffElsewhere, registryFile } from './registry-file.js';

const FIRST = 'https://people.example.org';
const providers = [
  { issuer: FIRST, staff: false },
  { issuer: 'https://id.example.org', staff: true },
];
const naming = (...issuers: (string | undefined)[]): RegistryFile => ({
  clients: [],
  staff: issuers.map((issuer) => ({ subject: 'olivia', roles: ['auditor'], ...(issuer && { issuer }) })),
});
const refuse = (file: RegistryFile) => () => refuseStaffElsewhere(file, providers, FIRST);

describe('staff of the registry', () => {
  it('are of a provider that may have staff', () => {
    expect(refuse(naming('https://id.example.org'))).not.toThrow();
  });

  it.each([['https://elsewhere.example.org'], [FIRST], [undefined], ['https://id.example.org/']])(
    'stop the start where they are of another one: %s',
    (issuer) => {
      expect(refuse(naming('https://id.example.org', issuer))).toThrow('staff.1.issuer');
    },
  );
});

describe('a client of the registry', () => {
  const declaring = (fields: object) => registryFile.safeParse({ clients: [fields], staff: [] });
  const shop = { id: 'shop', use: 'identity', revealPurposes: [] };
  const lab = { id: 'lab', use: 'health', purposes: [] };

  it.each([[shop], [lab]])('may be one that proves its key: %o', (client) => {
    expect(declaring(client).success).toBe(true);
    expect(declaring({ ...client, dpop: true }).data?.clients[0]?.dpop).toBe(true);
    for (const dpop of ['true', 1, null]) expect(declaring({ ...client, dpop }).success).toBe(false);
  });
});
