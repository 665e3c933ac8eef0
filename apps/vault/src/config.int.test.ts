import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidSettings, parseConfig } from '@integument/http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { vaultConfig } from './config.js';

const CANARY = 'canary-7f3a';
let folder: string;
let whole: Record<string, string>;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'integument-config-'));
  const file = join(folder, 'file');
  writeFileSync(file, 'content\n');
  whole = {
    VAULT_DATABASE_URL: 'postgres://vault:pw@127.0.0.1:4405/vault',
    VAULT_PUBLIC_URL: 'http://127.0.0.1:4401',
    VAULT_TLS_CA_FILE: file,
    VAULT_TLS_CERT_FILE: file,
    VAULT_TLS_KEY_FILE: file,
    KEYRING_FILE: join(folder, 'keyring'),
    KEYRING_KEY_FILE: file,
    OIDC_ISSUER: 'http://127.0.0.1:4404',
    OIDC_CLIENT_SECRET_FILE: file,
    VAULT_AUDIT_KEY_FILE: file,
    REGISTRY_FILE: file,
    WEB_ORIGIN: 'http://127.0.0.1:4400',
  };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** @returns the names of the wrong settings */
function wrong(changes: Record<string, string | undefined>): readonly string[] {
  try {
    parseConfig(vaultConfig, { ...whole, ...changes });
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidSettings);
    expect((error as Error).message).not.toContain(CANARY);
    return (error as InvalidSettings).settings;
  }
}

describe('the settings of the vault', () => {
  it('are read, with usual values for the rest', () => {
    const config = parseConfig(vaultConfig, whole);
    expect(config).toMatchObject({ VAULT_PORT: 4401, VAULT_INTERNAL_PORT: 4402, KEYRING: 'embedded' });
    expect(config.OIDC_CLIENT_SECRET_FILE).toBe('content');
  });

  it('that are wrong are all named at once, and no value of them is shown', () => {
    const names = wrong({
      VAULT_DATABASE_URL: `mysql://${CANARY}@127.0.0.1/x`,
      VAULT_PORT: `${CANARY}`,
      VAULT_TLS_KEY_FILE: join(folder, CANARY),
      OIDC_ISSUER: CANARY,
      REGISTRY_FILE: undefined,
      LOG_LEVEL: CANARY,
    });
    expect(names).toEqual([
      'LOG_LEVEL',
      'OIDC_ISSUER',
      'REGISTRY_FILE',
      'VAULT_DATABASE_URL',
      'VAULT_PORT',
      'VAULT_TLS_KEY_FILE',
    ]);
  });

  it.each([
    'VAULT_DATABASE_URL',
    'VAULT_PUBLIC_URL',
    'VAULT_TLS_CA_FILE',
    'VAULT_TLS_CERT_FILE',
    'VAULT_TLS_KEY_FILE',
    'KEYRING_FILE',
    'KEYRING_KEY_FILE',
    'OIDC_ISSUER',
    'OIDC_CLIENT_SECRET_FILE',
    'VAULT_AUDIT_KEY_FILE',
    'REGISTRY_FILE',
    'WEB_ORIGIN',
  ])('stop the start without %s, and with an empty one', (name) => {
    expect(wrong({ [name]: undefined })).toEqual([name]);
    expect(wrong({ [name]: '' })).toEqual([name]);
  });

  it.each(['db.example.org', '10.0.0.5', '127.0.0.1.example.org', '[2001:db8::1]', '0.0.0.0'])(
    'refuse the embedded keyring with a database at %s',
    (host) => {
      expect(wrong({ VAULT_DATABASE_URL: `postgres://vault:${CANARY}@${host}:5432/vault` })).toEqual([
        'KEYRING',
      ]);
    },
  );

  it('take a passphrase in place of the key file, and not both', () => {
    const passphrase = { KEYRING_PASSPHRASE_FILE: join(folder, 'file') };
    expect(wrong({ ...passphrase, KEYRING_KEY_FILE: undefined })).toEqual([]);
    expect(wrong(passphrase)).toEqual(['KEYRING_PASSPHRASE_FILE']);
  });

  const hashicorp = () => ({
    KEYRING: 'hashicorp',
    KEYRING_FILE: undefined,
    KEYRING_KEY_FILE: undefined,
    KEYRING_ADDR: 'https://keyring:8200',
    KEYRING_CA_FILE: join(folder, 'file'),
    KEYRING_ROLE_ID: CANARY,
    KEYRING_SECRET_ID_FILE: join(folder, 'file'),
  });

  it('take HashiCorp Vault’s keyring whole, with a database anywhere', () => {
    expect(wrong({ ...hashicorp(), VAULT_DATABASE_URL: 'postgres://vault@db.example.org/vault' })).toEqual(
      [],
    );
  });

  it.each(['KEYRING_ADDR', 'KEYRING_CA_FILE', 'KEYRING_ROLE_ID', 'KEYRING_SECRET_ID_FILE'])(
    'stop the start with that keyring and no %s',
    (name) => {
      expect(wrong({ ...hashicorp(), [name]: undefined })).toEqual([name]);
    },
  );

  it('refuse one kind of keyring with settings of the other', () => {
    expect(wrong({ ...hashicorp(), KEYRING: undefined })).toEqual([
      'KEYRING_ADDR',
      'KEYRING_CA_FILE',
      'KEYRING_FILE',
      'KEYRING_KEY_FILE',
      'KEYRING_ROLE_ID',
      'KEYRING_SECRET_ID_FILE',
    ]);
    expect(wrong({ ...hashicorp(), KEYRING_FILE: CANARY })).toEqual(['KEYRING_FILE']);
    expect(wrong({ KEYRING_NAMESPACE: 'shop' })).toEqual(['KEYRING_NAMESPACE']);
  });

  it('take strict mode with that keyring alone, and with a key of its own', () => {
    for (const mode of ['leaving', 'on']) {
      expect(wrong({ ...hashicorp(), KEYRING_STRICT: mode })).toEqual([]);
      expect(wrong({ KEYRING_STRICT: mode })).toEqual(['KEYRING_STRICT']);
    }
    expect(wrong({ ...hashicorp(), KEYRING_STRICT: 'on', KEYRING_STRICT_KEY: 'integument' })).toEqual([
      'KEYRING_STRICT_KEY',
    ]);
  });

  it.each([
    ['KEYRING_STRICT', 'yes'],
    ['KEYRING_STRICT_KEY', '../integument'],
    ['KEYRING_STRICT_SECONDS', '61'],
    ['KEYRING_STRICT_SECONDS', '4'],
    ['KEYRING_ADDR', 'http://keyring:8200'],
    ['KEYRING_CA_FILE', '/nowhere'],
    ['KEYRING_NAMESPACE', '../shop'],
    ['KEYRING_TRANSIT_MOUNT', 'transit/../sys'],
    ['KEYRING_TRANSIT_KEY', 'a/b'],
    ['KEYRING_GRACE_SECONDS', '0'],
  ])('refuse %s %s', (name, value) => {
    expect(wrong({ ...hashicorp(), [name]: value })).toEqual([name]);
  });

  it('take a mail server whole or not at all', () => {
    const [MAIL_URL, MAIL_FROM] = ['smtps://mail.example.org', 'The Shop <letters@shop.example>'];
    const password = { MAIL_PASSWORD_FILE: join(folder, 'file') };
    expect(wrong({ MAIL_URL, MAIL_FROM })).toEqual([]);
    expect(wrong({ MAIL_URL, MAIL_FROM, MAIL_USER: 'shop', ...password })).toEqual([]);
    expect(wrong({ MAIL_URL })).toEqual(['MAIL_FROM']);
    expect(wrong({ MAIL_FROM })).toEqual(['MAIL_URL']);
    expect(wrong({ MAIL_URL, MAIL_FROM, ...password })).toEqual(['MAIL_USER']);
    expect(wrong({ MAIL_URL, MAIL_FROM, MAIL_USER: 'shop' })).toEqual(['MAIL_PASSWORD_FILE']);
  });

  it.each([
    ['MAIL_URL', `smtp://user:${CANARY}@mail.example.org`],
    ['MAIL_URL', `smtp://${CANARY}@mail.example.org`],
    ['MAIL_URL', 'https://mail.example.org'],
    ['MAIL_URL', 'smtp://mail.example.org/?requireTLS=false'],
    ['MAIL_FROM', CANARY],
    ['MAIL_FROM', `The Shop <${CANARY}>`],
    ['MAIL_FROM', 'The Shop\r\nBcc: all@example.org <letters@shop.example>'],
    ['LETTERS_LANGUAGE', 'fr'],
  ])('refuse %s %j', (name, value) => {
    const whole = { MAIL_URL: 'smtp://mail.example.org', MAIL_FROM: 'letters@shop.example' };
    expect(wrong({ ...whole, [name]: value })).toEqual([name]);
  });

  it.each(['localhost', '127.0.0.1', '[::1]'])('take it with a database at %s', (host) => {
    expect(wrong({ VAULT_DATABASE_URL: `postgres://vault:pw@${host}:5432/vault` })).toEqual([]);
  });

  it.each(['OIDC_ISSUER', 'VAULT_PUBLIC_URL', 'WEB_ORIGIN'])(
    'refuse plain http for %s but on loopback',
    (name) => {
      expect(wrong({ [name]: 'http://id.example.org' })).toEqual([name]);
      expect(wrong({ [name]: 'https://id.example.org' })).toEqual([]);
    },
  );

  it('refuse an empty secret file', () => {
    const empty = join(folder, 'empty');
    writeFileSync(empty, '\n');
    expect(wrong({ VAULT_TLS_KEY_FILE: empty })).toEqual(['VAULT_TLS_KEY_FILE']);
  });
});
