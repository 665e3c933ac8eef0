import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidSettings, parseConfig } from '@integument/http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openIdProviders, openIdSettings, refuseTwinProviders } from './openid-providers.js';

const CANARY = 'canary-51c9';
const settings = z.object(openIdSettings).superRefine(refuseTwinProviders);
let folder: string;
let secret: string;
let first: Record<string, string>;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'integument-providers-'));
  secret = join(folder, 'secret');
  writeFileSync(secret, 'of-staff\n');
  const main = join(folder, 'main-secret');
  writeFileSync(main, 'of-main\n');
  first = { OIDC_ISSUER: 'https://people.example.org', OIDC_CLIENT_SECRET_FILE: main };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const staff = () => ({
  id: 'staff',
  name: 'Company account',
  issuer: 'https://id.example.org/realms/staff',
  clientId: 'integument',
  clientSecretFile: secret,
  staff: true,
});

function read(content: unknown, more: Record<string, string> = {}) {
  const file = join(folder, 'providers.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return openIdProviders(parseConfig(settings, { ...first, OIDC_PROVIDERS_FILE: file, ...more }));
}

/** @returns the names of the wrong settings, with the place in the file */
function wrong(content: unknown, more: Record<string, string> = {}): readonly string[] {
  try {
    read(content, more);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidSettings);
    expect((error as Error).message).not.toContain(CANARY);
    return (error as InvalidSettings).settings;
  }
}

describe('the settings of the providers', () => {
  it('make one, as ever, where there is no file', () => {
    expect(openIdProviders(parseConfig(settings, first))).toEqual([
      {
        id: 'main',
        name: 'Sign in',
        issuer: 'https://people.example.org',
        clientId: 'integument',
        clientSecret: 'of-main',
        staff: true,
        acrValues: [],
      },
    ]);
  });

  it('make more by a file, each with the secret of its own file', () => {
    const more = { OIDC_STAFF: 'no', OIDC_NAME: 'Customers', OIDC_ACR_VALUES: 'silver  urn:gold' };
    const providers = read({ providers: [{ ...staff(), acrValues: ['gold'] }] }, more);
    expect(providers).toMatchObject([
      { id: 'main', name: 'Customers', staff: false, acrValues: ['silver', 'urn:gold'] },
      { id: 'staff', clientSecret: 'of-staff', staff: true, acrValues: ['gold'] },
    ]);
  });

  it.each(['id', 'name', 'issuer', 'clientId', 'clientSecretFile', 'staff'])(
    'stop the start where a provider has no %s',
    (key) => {
      const half: Record<string, unknown> = staff();
      delete half[key];
      expect(wrong({ providers: [half] })).toEqual([`OIDC_PROVIDERS_FILE.providers.0.${key}`]);
    },
  );

  it.each([
    ['id', 'Staff'],
    ['id', '../main'],
    ['name', ''],
    ['name', `a\u202e${CANARY}`],
    ['issuer', `http://${CANARY}.example.org`],
    ['issuer', CANARY],
    ['clientSecretFile', `/${CANARY}`],
    ['staff', 'yes'],
    ['acrValues', [`two ${CANARY}`]],
  ])('stop the start for a wrong %s: %j', (key, value) => {
    const [place, ...more] = wrong({ providers: [{ ...staff(), [key]: value }] });
    expect(more).toEqual([]);
    expect(place).toContain(`OIDC_PROVIDERS_FILE.providers.0.${key}`);
  });

  it('stop the start for what they do not know, such as another scope', () => {
    const other = { ...staff(), scopes: ['openid', 'email'] };
    expect(wrong({ providers: [other] })).toEqual(['OIDC_PROVIDERS_FILE.providers.0']);
  });

  it.each([
    ['no JSON', CANARY],
    ['no list', { provider: [] }],
    ['an empty list', { providers: [] }],
  ])('stop the start for a file with %s', (_case, content) => {
    expect(wrong(content)[0]).toMatch(/^OIDC_PROVIDERS_FILE/);
  });

  it.each([
    ['id', { id: 'main' }],
    ['name', { name: 'SIGN IN' }],
    ['issuer', { issuer: 'https://people.example.org/' }],
    ['issuer', { issuer: 'https://PEOPLE.example.org:443' }],
  ])('stop the start where the first provider’s %s comes again: %j', (key, twin) => {
    expect(wrong({ providers: [{ ...staff(), ...twin }] })).toEqual([
      `OIDC_PROVIDERS_FILE.providers.0.${key}`,
    ]);
  });

  it('stop the start where two of the file are one', () => {
    const other = { ...staff(), id: 'other', name: 'Other' };
    expect(wrong({ providers: [staff(), other] })).toEqual(['OIDC_PROVIDERS_FILE.providers.1.issuer']);
    const again = { ...staff(), issuer: 'https://other.example.org' };
    expect(wrong({ providers: [staff(), again] })).toEqual([
      'OIDC_PROVIDERS_FILE.providers.1.id',
      'OIDC_PROVIDERS_FILE.providers.1.name',
    ]);
  });
});
