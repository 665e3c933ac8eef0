import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { InvalidSettings, keyFile, parseConfig, plainFile, secretFile } from './config.js';
import { renderConfigurationDoc } from './config-doc.js';

const folder = mkdtempSync(join(tmpdir(), 'settings-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, content: string | Buffer) => {
  const path = join(folder, name);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
};

const key = Buffer.alloc(32, 9);
const schema = z.object({
  VAULT_PORT: z.coerce
    .number()
    .int()
    .min(1)
    .max(65_535)
    .default(4401)
    .describe('Port of the public listener'),
  VAULT_PUBLIC_URL: z.url().describe('How callers see it'),
  LOG_LEVEL: z.enum(['info', 'debug']).default('info').describe('Least important line | written'),
  OIDC_CLIENT_SECRET_FILE: secretFile('Secret of the relying party'),
  PLATFORM_SECRET_FILE: keyFile('Secret of the platform'),
  TLS_CERT_FILE: plainFile('Certificate').optional(),
});
const good = {
  VAULT_PUBLIC_URL: 'http://127.0.0.1:4401',
  OIDC_CLIENT_SECRET_FILE: file('secret', 's3cret\n'),
  PLATFORM_SECRET_FILE: file('key', `${key.toString('base64url')}\n`),
};

describe('the settings of an app', () => {
  test('are typed, with their defaults, and secrets come out of their files', () => {
    expect(parseConfig(schema, { ...good, PATH: '/bin', VAULT_PORT: '' })).toEqual({
      VAULT_PORT: 4401,
      VAULT_PUBLIC_URL: 'http://127.0.0.1:4401',
      LOG_LEVEL: 'info',
      OIDC_CLIENT_SECRET_FILE: 's3cret',
      PLATFORM_SECRET_FILE: key,
    });
  });

  test('if wrong, are all named together, and none of their values is', () => {
    const values = {
      VAULT_PORT: 'canary-1',
      LOG_LEVEL: 'canary-2',
      OIDC_CLIENT_SECRET_FILE: '/canary-3',
      TLS_CERT_FILE: '/canary-4',
    };
    const error = caught(() => parseConfig(schema, values));
    expect(error).toBeInstanceOf(InvalidSettings);
    expect((error as InvalidSettings).settings).toEqual([
      'LOG_LEVEL',
      'OIDC_CLIENT_SECRET_FILE',
      'PLATFORM_SECRET_FILE',
      'TLS_CERT_FILE',
      'VAULT_PORT',
      'VAULT_PUBLIC_URL',
    ]);
    expect(String(error)).not.toContain('canary');
    expect((error as Error).cause).toBeUndefined();
  });

  test.each([
    ['an empty secret', { OIDC_CLIENT_SECRET_FILE: file('empty', '\n') }],
    ['a short key', { PLATFORM_SECRET_FILE: file('short', Buffer.alloc(31).toString('base64url')) }],
    ['a key in another form', { PLATFORM_SECRET_FILE: file('raw', Buffer.alloc(32, 0xff)) }],
  ])('refuse %s', (_title, wrong) => {
    expect(() => parseConfig(schema, { ...good, ...wrong })).toThrow(InvalidSettings);
  });
});

describe('their documentation', () => {
  test('is written from the schema', () => {
    expect(renderConfigurationDoc('Vault', schema)).toBe(
      [
        '## Vault',
        '',
        '| Setting | Meaning | Default |',
        '| --- | --- | --- |',
        '| `VAULT_PORT` | Port of the public listener | `4401` |',
        '| `VAULT_PUBLIC_URL` | How callers see it | **required** |',
        '| `LOG_LEVEL` | Least important line \\| written | `info` |',
        '| `OIDC_CLIENT_SECRET_FILE` | Secret of the relying party *(secret)* | **required** |',
        '| `PLATFORM_SECRET_FILE` | Secret of the platform *(secret)* | **required** |',
        '| `TLS_CERT_FILE` | Certificate | – |',
        '',
      ].join('\n'),
    );
  });

  test('does not let a setting go without a meaning', () => {
    expect(() => renderConfigurationDoc('X', z.object({ BARE: z.string() }))).toThrow(
      'BARE has no description',
    );
  });
});

function caught(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}
