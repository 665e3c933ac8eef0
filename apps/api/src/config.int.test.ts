import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidSettings, parseConfig } from '@integument/http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiConfig } from './config.js';

const CANARY = 'canary-7f3a';
let folder: string;
let whole: Record<string, string>;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'integument-config-'));
  const [file, key] = [join(folder, 'file'), join(folder, 'key')];
  writeFileSync(file, 'content\n');
  writeFileSync(key, randomBytes(32).toString('base64url'));
  whole = {
    PLATFORM_DATABASE_URL: 'postgres://platform:pw@127.0.0.1:4406/platform',
    API_PUBLIC_URL: 'http://127.0.0.1:4403',
    VAULT_INTERNAL_URL: 'https://127.0.0.1:4402',
    API_TLS_CA_FILE: file,
    API_TLS_CERT_FILE: file,
    API_TLS_KEY_FILE: file,
    PLATFORM_SECRET_FILE: key,
    OIDC_ISSUER: 'http://127.0.0.1:4404',
    API_AUDIT_KEY_FILE: file,
    REGISTER_FILE: file,
    RECEIPT_KEY_FILE: file,
    WEB_ORIGIN: 'http://127.0.0.1:4400',
  };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** @returns the names of the wrong settings */
function wrong(changes: Record<string, string | undefined>): readonly string[] {
  try {
    parseConfig(apiConfig, { ...whole, ...changes });
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidSettings);
    expect((error as Error).message).not.toContain(CANARY);
    return (error as InvalidSettings).settings;
  }
}

describe('the settings of the API', () => {
  it('are read, with usual values for the rest', () => {
    const config = parseConfig(apiConfig, whole);
    expect(config).toMatchObject({ API_PORT: 4403, API_HOST: '127.0.0.1', GATE_PATIENCE_SECONDS: 60 });
    expect(config).toMatchObject({ COHORT_MINIMUM: 10, COHORT_QUESTIONS_A_DAY: 20 });
    expect(config.PLATFORM_SECRET_FILE).toHaveLength(32);
  });

  it('that are wrong are all named at once, and no value of them is shown', () => {
    const names = wrong({
      PLATFORM_DATABASE_URL: CANARY,
      API_PORT: '70000',
      PLATFORM_SECRET_FILE: join(folder, CANARY),
      QUEUE_URL: `amqp://${CANARY}`,
      GATE_PATIENCE_SECONDS: '0',
      COHORT_MINIMUM: '4',
      WEB_ORIGIN: undefined,
    });
    expect(names).toEqual([
      'API_PORT',
      'COHORT_MINIMUM',
      'GATE_PATIENCE_SECONDS',
      'PLATFORM_DATABASE_URL',
      'PLATFORM_SECRET_FILE',
      'QUEUE_URL',
      'WEB_ORIGIN',
    ]);
  });

  it('refuse to speak with the vault but over TLS', () => {
    expect(wrong({ VAULT_INTERNAL_URL: 'http://127.0.0.1:4402' })).toEqual(['VAULT_INTERNAL_URL']);
  });

  it.each([31, 33])('refuse a platform secret of %i bytes', (length) => {
    const file = join(folder, `key-${length}`);
    writeFileSync(file, randomBytes(length).toString('base64url'));
    expect(wrong({ PLATFORM_SECRET_FILE: file })).toEqual(['PLATFORM_SECRET_FILE']);
  });

  it.each(['API_PUBLIC_URL', 'OIDC_ISSUER', 'WEB_ORIGIN'])(
    'refuse plain http for %s but on loopback',
    (name) => {
      expect(wrong({ [name]: 'http://id.example.org' })).toEqual([name]);
      expect(wrong({ [name]: 'https://id.example.org' })).toEqual([]);
    },
  );
});
