import { generateNoteKey, Integrator, NoteKeyInvalid } from '@integument/audit-log';
import type { FactoryProvider } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { type AuditSettings, auditProviders } from './audit-providers.js';

const config = { AUDIT_STALL_SECONDS: 30, AUDIT_ANCHOR_SECONDS: 10 } as AuditSettings['config'];
const reads = { url: 'postgres://never.asked', applicationName: 'test' };
const origin = 'test.example/audit';
const newKey = (name = origin) => generateNoteKey(name).skey;

function start(signingKey: string, retiredKey?: string): unknown {
  const providers = auditProviders({ signingKey, retiredKey, origin, config, reads }) as FactoryProvider[];
  const [signer, integrator] = ['NoteSigner', 'Integrator'].map((name) =>
    providers.find(({ provide }) => typeof provide === 'function' && provide.name === name),
  );
  return integrator?.useFactory({}, signer?.useFactory(), {}) as unknown;
}

describe('an app with an audit log', () => {
  it('starts with its key, and with the one before it', () => {
    expect(start(newKey())).toBeInstanceOf(Integrator);
    expect(start(newKey(), newKey())).toBeInstanceOf(Integrator);
  });

  it('does not start if the retired key is the one that signs, or of another log, or none', () => {
    const key = newKey();
    expect(() => start(key, key)).toThrow(RangeError);
    expect(() => start(key, newKey('other.example/audit'))).toThrow(NoteKeyInvalid);
    expect(() => start(key, 'no key')).toThrow(NoteKeyInvalid);
  });
});
