import { generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { generateNoteKey, NoteKeyInvalid, openNote, signNote } from './core/index.js';
import { readSigningKey } from './signing-key.js';

const pem = (type: 'ed25519' | 'x25519') =>
  generateKeyPairSync(type as 'ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;

describe('a signing key', () => {
  it('is read from a skey with its name', () => {
    const { skey, vkey } = generateNoteKey('vault.example/audit');
    expect(readSigningKey(`${skey}\n`, 'vault.example/audit').verifier.toString()).toBe(vkey);
  });

  it('is read from PEM under the name given', () => {
    const signer = readSigningKey(pem('ed25519'), 'vault.example/audit');
    expect(signer.name).toBe('vault.example/audit');
    expect(openNote(signNote('text\n', signer), signer.verifier)).toBe('text\n');
  });

  it.each([
    ['of another log', generateNoteKey('api.example/audit').skey],
    ['of another algorithm', pem('x25519')],
    ['that is cut', pem('ed25519').slice(0, -40)],
    ['that is empty', ''],
  ])('is not one %s, and the failure does not show it', (_, text) => {
    const read = () => readSigningKey(text, 'vault.example/audit');
    expect(read).toThrow(NoteKeyInvalid);
    try {
      read();
    } catch (error) {
      expect(inspect(error, { depth: 9 })).not.toContain(text.slice(40, 60) || 'nothing');
    }
  });
});
