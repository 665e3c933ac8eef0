import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateNoteKey, generateWitnessKey } from '@integument/audit-log';
import { InvalidSettings, parseConfig, renderConfigurationDoc } from '@integument/http';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { anchorFollowers } from './anchor-followers.js';
import { anchorSettings, checkAnchors } from './anchor-settings.js';

const folder = mkdtempSync(join(tmpdir(), 'anchors-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const file = (content: unknown) => {
  const path = join(folder, String(files++));
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};

const schema = z.object({ ...anchorSettings }).superRefine(checkAnchors);
const [w1 = '', w2 = ''] = ['w1', 'w2'].map((name) => generateWitnessKey(`witness.example/${name}`).vkey);
const url = 'https://witness.example';
const webhook = {
  AUDIT_ANCHOR_URL: 'https://hooks.example/x',
  AUDIT_ANCHOR_SECRET_FILE: file(`whsec_${Buffer.alloc(32, 7).toString('base64')}\n`),
};
const all = {
  ...webhook,
  AUDIT_ANCHOR_FILE: '/mnt/anchors/vault.notes',
  AUDIT_WITNESSES_FILE: file([
    { url, vkey: w1 },
    { url: 'http://127.0.0.1:4501', vkey: w2 },
  ]),
  AUDIT_ANCHOR_SECONDS: '30',
};

function wrong(settings: Record<string, string>): readonly string[] {
  try {
    parseConfig(schema, settings);
    return [];
  } catch (error) {
    if (error instanceof InvalidSettings) return error.settings;
    throw error;
  }
}

function names(settings: Record<string, string>): string[] {
  const deps = { unitOfWork: {} as never, proofs: {} as never, onError: () => undefined };
  return anchorFollowers(parseConfig(schema, settings), deps).map(({ name }) => name);
}

describe('the settings of anchors', () => {
  it('make a follower for each place that they name, and none without', () => {
    expect(names({})).toEqual([]);
    expect(names(all)).toEqual([
      'anchor-file',
      'anchor-webhook',
      'anchor-witness-witness.example/w1',
      'anchor-witness-witness.example/w2',
    ]);
  });

  it('look every ten seconds, or as often as they say', () => {
    expect(parseConfig(schema, {}).AUDIT_ANCHOR_SECONDS).toBe(10);
    expect(parseConfig(schema, all).AUDIT_ANCHOR_SECONDS).toBe(30);
    expect(wrong({ AUDIT_ANCHOR_SECONDS: '0' })).toEqual(['AUDIT_ANCHOR_SECONDS']);
  });

  it('stop the start with half a webhook', () => {
    const { AUDIT_ANCHOR_URL, AUDIT_ANCHOR_SECRET_FILE } = webhook;
    expect(wrong({ AUDIT_ANCHOR_URL })).toEqual(['AUDIT_ANCHOR_SECRET_FILE']);
    expect(wrong({ AUDIT_ANCHOR_SECRET_FILE })).toEqual(['AUDIT_ANCHOR_URL']);
    expect(wrong(webhook)).toEqual([]);
  });

  it.each(['http://hooks.example/x', 'hooks.example', 'https://u:p@hooks.example/x'])(
    'stop it with a webhook at %s',
    (AUDIT_ANCHOR_URL) => {
      expect(wrong({ ...webhook, AUDIT_ANCHOR_URL })).toEqual(['AUDIT_ANCHOR_URL']);
    },
  );

  it('stop it with a secret that is none', () => {
    const AUDIT_ANCHOR_SECRET_FILE = file('canary-1');
    expect(wrong({ ...webhook, AUDIT_ANCHOR_SECRET_FILE })).toEqual(['AUDIT_ANCHOR_SECRET_FILE']);
  });

  it.each([
    ['that is missing', '/nowhere/witnesses.json'],
    ['that is no JSON', file('canary-2')],
    ['without a witness', file([])],
    ['with a witness over plain http', file([{ url: 'http://witness.example', vkey: w1 }])],
    ['with a log’s key', file([{ url, vkey: generateNoteKey('log.example/audit').vkey }])],
    ['with a damaged key', file([{ url, vkey: w1.slice(0, -1) }])],
    [
      'with one name twice',
      file([
        { url, vkey: w1 },
        { url: `${url}/2`, vkey: w1 },
      ]),
    ],
    ['with a field too many', file([{ url, vkey: w1, quorum: 1 }])],
  ])('stop it with a witness file %s', (_, AUDIT_WITNESSES_FILE) => {
    expect(wrong({ AUDIT_WITNESSES_FILE })).toEqual(['AUDIT_WITNESSES_FILE']);
  });

  it('mark the secret in the documentation', () => {
    const lines = renderConfigurationDoc('X', schema).split('\n');
    expect(lines.filter((line) => line.includes('*(secret)*')).join()).toContain('AUDIT_ANCHOR_SECRET_FILE');
  });
});
