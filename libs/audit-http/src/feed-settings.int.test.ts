import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidSettings, parseConfig } from '@integument/http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { auditFeedSettings, refuseHalfFeeds, siemSettings } from './feed-settings.js';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const schema = z.object(auditFeedSettings).superRefine(refuseHalfFeeds);
let folder: string;
let pem: string;
let secret: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'integument-feeds-'));
  [pem, secret] = [join(folder, 'pem'), join(folder, 'secret')];
  writeFileSync(pem, 'a certificate');
  writeFileSync(secret, `${SECRET}\n`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function wrong(env: Record<string, string>): readonly string[] {
  try {
    parseConfig(schema, env);
    return [];
  } catch (error) {
    return (error as InvalidSettings).settings;
  }
}

const URL = 'tls://siem.example:6514';

describe('the settings of the feeds', () => {
  it('set up none by themselves', () => {
    expect(siemSettings(parseConfig(schema, {}))).toEqual({});
  });

  it('are read', () => {
    const config = parseConfig(schema, {
      AUDIT_SYSLOG_URL: URL,
      AUDIT_SYSLOG_CA_FILE: pem,
      AUDIT_SYSLOG_CERT_FILE: pem,
      AUDIT_SYSLOG_KEY_FILE: pem,
      AUDIT_SYSLOG_HOSTNAME: 'vault-1',
      AUDIT_PUSH_URL: 'https://siem.example/in',
      AUDIT_PUSH_SECRET_FILE: secret,
    });
    const bytes = Buffer.from('a certificate');
    expect(siemSettings(config)).toEqual({
      syslog: {
        url: URL,
        ca: bytes,
        certificate: bytes,
        key: 'a certificate',
        hostname: 'vault-1',
        confirm: 'close-notify',
      },
      push: { url: 'https://siem.example/in', secret: SECRET },
    });
  });

  it.each<[string, () => Record<string, string>, string[]]>([
    ['a syslog URL alone', () => ({ AUDIT_SYSLOG_URL: URL }), ['AUDIT_SYSLOG_CA_FILE']],
    ['an authority alone', () => ({ AUDIT_SYSLOG_CA_FILE: pem }), ['AUDIT_SYSLOG_URL']],
    [
      'a certificate without its key',
      () => ({ AUDIT_SYSLOG_URL: URL, AUDIT_SYSLOG_CA_FILE: pem, AUDIT_SYSLOG_CERT_FILE: pem }),
      ['AUDIT_SYSLOG_KEY_FILE'],
    ],
    ['a push URL alone', () => ({ AUDIT_PUSH_URL: 'https://siem.example' }), ['AUDIT_PUSH_SECRET_FILE']],
    ['a push secret alone', () => ({ AUDIT_PUSH_SECRET_FILE: secret }), ['AUDIT_PUSH_URL']],
    [
      'a secret that is none',
      () => ({ AUDIT_PUSH_URL: 'https://siem.example', AUDIT_PUSH_SECRET_FILE: pem }),
      ['AUDIT_PUSH_SECRET_FILE'],
    ],
    [
      'plain http elsewhere',
      () => ({ AUDIT_PUSH_URL: 'http://siem.example', AUDIT_PUSH_SECRET_FILE: secret }),
      ['AUDIT_PUSH_URL'],
    ],
    [
      'syslog without TLS',
      () => ({ AUDIT_SYSLOG_URL: 'tcp://siem.example:514', AUDIT_SYSLOG_CA_FILE: pem }),
      ['AUDIT_SYSLOG_URL'],
    ],
  ])('stop the start at %s', (_title, env, settings) => {
    expect(wrong(env())).toEqual(settings);
  });
});
