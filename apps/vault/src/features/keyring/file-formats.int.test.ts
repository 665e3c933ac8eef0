import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { context } from '@integument/crypto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { keyringFiles } from '../../vault-place.fixture.js';
import { EmbeddedKeyring } from './embedded-keyring.js';
import {
  DOMAIN_KEY,
  FIRST_UNDER_KEY_FILE,
  FIRST_UNDER_PASSPHRASE,
  KEY_FILE,
  PASSPHRASE,
  ROOTS,
  UNDER_KEY_FILE,
  UNDER_PASSPHRASE,
  WRAPPED,
} from './file-formats.fixture.js';
import { keyFile, passphraseFile } from './sealing-key.js';

const PLACE = context('domain_key', 'person', 1);
let files: ReturnType<typeof keyringFiles>;
beforeEach(() => {
  files = keyringFiles();
});
afterEach(() => files.remove());

function secretFile(kind: 'keyFile' | 'passphraseFile'): string {
  const path = join(files.folder, kind);
  writeFileSync(path, kind === 'keyFile' ? KEY_FILE : PASSPHRASE, { mode: 0o600 });
  return path;
}

it.each([
  ['under a key file, of when there was one root', FIRST_UNDER_KEY_FILE, 'keyFile', [1]],
  ['under a passphrase, of when there was one root', FIRST_UNDER_PASSPHRASE, 'passphraseFile', [1]],
  ['under a key file', UNDER_KEY_FILE, 'keyFile', [1, 2]],
  ['under a passphrase', UNDER_PASSPHRASE, 'passphraseFile', [1, 2]],
] as const)(
  'a keyring %s, made long ago, opens and unwraps what it wrapped',
  async (_, file, kind, versions) => {
    const secret = secretFile(kind);
    const sealingKey = await (kind === 'keyFile' ? keyFile(secret) : passphraseFile(secret));
    expect([...(await sealingKey.open(file))]).toEqual(versions.map((one) => [one, ROOTS.get(one)]));

    const { sealedFile } = files;
    writeFileSync(sealedFile, file, { mode: 0o600 });
    const keyring = await EmbeddedKeyring.load({ sealedFile, [kind]: secret });
    const wrapped = versions.map((one) => ({ bytes: WRAPPED.get(one) ?? Buffer.alloc(0), place: PLACE }));
    expect(wrapped.map(({ bytes }) => keyring.versionOf(bytes))).toEqual(versions);
    expect(await keyring.unwrap(wrapped)).toEqual(versions.map(() => DOMAIN_KEY));
    expect(readFileSync(sealedFile).equals(file)).toBe(true);
  },
);
