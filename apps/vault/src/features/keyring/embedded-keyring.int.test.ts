import { randomBytes } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { context, deriveKey, seal } from '@integument/crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keyringFiles } from '../../vault-place.fixture.js';
import { EmbeddedKeyring } from './embedded-keyring.js';
import { keyringContract } from './keyring.contract.js';
import { KeyringRefused } from './keyring.errors.js';

const PLACE = context('domain_key', 'person', 1);
let files: ReturnType<typeof keyringFiles>;
beforeEach(() => {
  files = keyringFiles();
});
afterEach(() => files.remove());

keyringContract('the embedded keyring, as any', async () => {
  const own = keyringFiles();
  const others = keyringFiles();
  const keyring = await EmbeddedKeyring.load(own);
  return {
    keyring,
    // By another process of the machine.
    rotate: async () => {
      const other = await EmbeddedKeyring.load(own);
      await other.makeVersion((await other.versions()).newest + 1);
    },
    setOldest: async (version) => {
      await (await EmbeddedKeyring.load(own)).destroyBelow(version);
    },
    reopen: () => EmbeddedKeyring.load(own),
    other: () => EmbeddedKeyring.load(others),
    close: () => {
      own.remove();
      others.remove();
      return Promise.resolve();
    },
  };
});

describe('the embedded keyring', () => {
  it('has one root for processes that start together', async () => {
    const keyrings = await Promise.all(Array.from({ length: 8 }, () => EmbeddedKeyring.load(files)));
    const key = randomBytes(32);
    const wrapped = await Promise.all(
      keyrings.map((keyring) => keyring.wrap([{ bytes: key, place: PLACE }])),
    );
    const later = await EmbeddedKeyring.load(files);
    const placed = wrapped.flat().map((bytes) => ({ bytes, place: PLACE }));
    expect(await later.unwrap(placed)).toEqual(placed.map(() => key));
    expect(readdirSync(files.folder).sort()).toEqual(['key', 'keyring.sealed', 'keyring.sealed.backup']);
  });

  it('refuses its file with any byte changed, cut or emptied, and leaves it as it is', async () => {
    await EmbeddedKeyring.load(files);
    const whole = readFileSync(files.sealedFile);
    const damaged = Array.from(whole, (byte, at) => {
      const copy = Buffer.from(whole);
      copy[at] = byte ^ 1;
      return copy;
    });
    for (const bytes of [...damaged, whole.subarray(0, -1), Buffer.alloc(0)]) {
      writeFileSync(files.sealedFile, bytes);
      await expect(EmbeddedKeyring.load(files)).rejects.toThrow(KeyringRefused);
      expect(readFileSync(files.sealedFile).equals(bytes)).toBe(true);
    }
  });

  it('refuses another key file, and one with less than 32 bytes', async () => {
    await EmbeddedKeyring.load(files);
    writeFileSync(files.keyFile, randomBytes(32).toString('base64url'));
    await expect(EmbeddedKeyring.load(files)).rejects.toThrow('was changed or belongs to another key file');
    writeFileSync(files.keyFile, randomBytes(31).toString('base64url'));
    await expect(EmbeddedKeyring.load(files)).rejects.toThrow('less than 32 bytes');
  });

  it('makes no keyring where the key file is missing', async () => {
    const nowhere = { ...files, keyFile: `${files.keyFile}-gone` };
    await expect(EmbeddedKeyring.load(nowhere)).rejects.toThrow('ENOENT');
    expect(readdirSync(files.folder)).toEqual(['key']);
  });

  it('has a backup, and makes no fresh root where only that is left', async () => {
    const backup = `${files.sealedFile}.backup`;
    const wrapped = await (await EmbeddedKeyring.load(files)).wrap([
      { bytes: randomBytes(32), place: PLACE },
    ]);
    const placed = wrapped.map((bytes) => ({ bytes, place: PLACE }));
    rmSync(files.sealedFile);
    await expect(EmbeddedKeyring.load(files)).rejects.toThrow('its backup is there');
    expect(existsSync(files.sealedFile)).toBe(false);
    copyFileSync(backup, files.sealedFile);
    await (await EmbeddedKeyring.load(files)).unwrap(placed);
    rmSync(backup);
    await EmbeddedKeyring.load(files);
    expect(readFileSync(backup).equals(readFileSync(files.sealedFile))).toBe(true);
    expect(statSync(backup).mode & 0o777).toBe(0o600);
  });

  it('says of a file and a backup that differ which to keep, and touches neither', async () => {
    const backup = `${files.sealedFile}.backup`;
    await EmbeddedKeyring.load(files);
    const other = { ...files, sealedFile: join(files.folder, 'other.sealed') };
    await EmbeddedKeyring.load(other);
    const whole = readFileSync(files.sealedFile);
    const another = readFileSync(other.sealedFile);
    const backups: [Buffer, string][] = [
      [another, 'two keyrings'],
      [randomBytes(61), 'take the backup away, not the file'],
      [whole.subarray(0, -1), 'take the backup away, not the file'],
      [Buffer.alloc(0), 'take the backup away, not the file'],
    ];
    for (const [bytes, text] of backups) {
      writeFileSync(backup, bytes);
      await expect(EmbeddedKeyring.load(files)).rejects.toThrow(text);
      expect([readFileSync(files.sealedFile), readFileSync(backup)]).toEqual([whole, bytes]);
    }
  });

  it('says of a backup from another time which of the two is later', async () => {
    const backup = `${files.sealedFile}.backup`;
    const keyring = await EmbeddedKeyring.load(files);
    const times = [readFileSync(files.sealedFile)];
    await keyring.makeVersion(2);
    times.push(readFileSync(files.sealedFile));
    await keyring.destroyBelow(2);
    times.push(readFileSync(files.sealedFile));
    const [one = Buffer.alloc(0), both = Buffer.alloc(0), two = Buffer.alloc(0)] = times;
    const laid: [file: Buffer, copy: Buffer, text: string][] = [
      [both, one, 'take the backup away, not the file'],
      [two, both, 'take the backup away, not the file'],
      [one, both, 'put the backup in the file’s place'],
      [both, two, 'put the backup in the file’s place'],
      // Nothing in them says that they belong together.
      [one, two, 'two keyrings'],
    ];
    for (const [file, copy, text] of laid) {
      writeFileSync(files.sealedFile, file);
      writeFileSync(backup, copy);
      await expect(EmbeddedKeyring.load(files)).rejects.toThrow(text);
      expect([readFileSync(files.sealedFile), readFileSync(backup)]).toEqual([file, copy]);
    }
  });

  it('shows its root to nobody who prints it', async () => {
    const shown = await EmbeddedKeyring.load(files);
    const whole = [inspect(shown, { depth: Infinity, showHidden: true }), JSON.stringify(shown)];
    for (const text of whole) expect(text).not.toMatch(/Buffer|data/);
  });

  it('keeps its file to its owner and leaves no draft beside it', async () => {
    await EmbeddedKeyring.load(files);
    expect(statSync(files.sealedFile).mode & 0o777).toBe(0o600);
    expect(readdirSync(files.folder).sort()).toEqual(['key', 'keyring.sealed', 'keyring.sealed.backup']);
  });
});

describe('versions of the root key', () => {
  const key = randomBytes(32);
  const wrap = async (keyring: EmbeddedKeyring) => {
    const [bytes = Buffer.alloc(0)] = await keyring.wrap([{ bytes: key, place: PLACE }]);
    return { bytes, place: PLACE };
  };

  it('are made once, however often, and each opens what it wrapped', async () => {
    const keyring = await EmbeddedKeyring.load(files);
    const first = await wrap(keyring);
    await keyring.makeVersion(2);
    await keyring.makeVersion(2);
    const second = await wrap(keyring);
    const later = await EmbeddedKeyring.load(files);
    expect(await later.versions()).toEqual({ newest: 2, oldest: 1, available: 1 });
    expect(await later.unwrap([first, second])).toEqual([key, key]);
    await expect(later.makeVersion(4)).rejects.toThrow(KeyringRefused);
    const renumbered = {
      ...second,
      bytes: Buffer.concat([Buffer.of(2, 0, 0, 0, 1), second.bytes.subarray(5)]),
    };
    await expect(later.unwrap([renumbered])).rejects.toThrow(KeyringRefused);
  });

  it('that are destroyed open nothing any more, in no process that has read its file', async () => {
    const keyring = await EmbeddedKeyring.load(files);
    const first = await wrap(keyring);
    await keyring.makeVersion(2);
    await keyring.destroyBelow(2);
    await expect(keyring.unwrap([first])).rejects.toThrow(KeyringRefused);
    await expect((await EmbeddedKeyring.load(files)).unwrap([first])).rejects.toThrow(KeyringRefused);
    await expect(keyring.destroyBelow(3)).rejects.toThrow('would be left');
    expect(readdirSync(files.folder).sort()).toEqual(['key', 'keyring.sealed', 'keyring.sealed.backup']);
  });

  it('come out of a crash in the middle of being written: all old, or all new', async () => {
    const keyring = await EmbeddedKeyring.load(files);
    const before = readFileSync(files.sealedFile);
    await keyring.makeVersion(2);
    const after = readFileSync(files.sealedFile);
    const [next, backup] = [`${files.sealedFile}.next`, `${files.sealedFile}.backup`];
    for (const [file, copy] of [
      [before, before],
      [after, before],
      [after, after],
    ] as const) {
      writeFileSync(next, after);
      writeFileSync(files.sealedFile, file);
      writeFileSync(backup, copy);
      expect((await (await EmbeddedKeyring.load(files)).versions()).newest).toBe(2);
      expect(existsSync(next)).toBe(false);
      expect(readFileSync(backup).equals(after)).toBe(true);
    }
    writeFileSync(next, randomBytes(100));
    await expect(EmbeddedKeyring.load(files)).rejects.toThrow(KeyringRefused);
  });

  it('are read from the file of when there was one, which stays as it is until there are two', async () => {
    const secret = Buffer.from(readFileSync(files.keyFile, 'utf8'), 'base64url');
    const root = randomBytes(32);
    const place = context('integument/embedded-keyring/v1');
    const old = seal(deriveKey(secret, 'integument/embedded-keyring/seal/v1'), root, place);
    writeFileSync(files.sealedFile, old, { mode: 0o600 });
    const wrapped = { bytes: seal(root, key, PLACE), place: PLACE };
    const keyring = await EmbeddedKeyring.load(files);
    expect(await keyring.unwrap([wrapped])).toEqual([key]);
    expect(readFileSync(files.sealedFile).equals(old)).toBe(true);
    await keyring.makeVersion(2);
    const [again] = await keyring.rewrap([wrapped]);
    expect(keyring.versionOf(again ?? old)).toBe(2);
    expect(await (await EmbeddedKeyring.load(files)).unwrap([wrapped])).toEqual([key]);
  });
});

describe('the embedded keyring under a passphrase', () => {
  const phrase = 'four words and a half';
  const under = (text: string) => {
    const passphraseFile = join(files.folder, 'passphrase');
    writeFileSync(passphraseFile, text, { mode: 0o600 });
    return { sealedFile: files.sealedFile, passphraseFile };
  };

  it('opens with it again, and with no other, nor with a key file', async () => {
    const key = { bytes: randomBytes(32), place: PLACE };
    const [bytes = Buffer.alloc(0)] = await (await EmbeddedKeyring.load(under(phrase))).wrap([key]);
    const again = await EmbeddedKeyring.load(under(`${phrase}\n`));
    expect(await again.unwrap([{ ...key, bytes }])).toEqual([key.bytes]);
    await expect(EmbeddedKeyring.load(under(`${phrase}.`))).rejects.toThrow(KeyringRefused);
    await expect(EmbeddedKeyring.load(files)).rejects.toThrow(KeyringRefused);
  });

  it('refuses its file changed at its format, salt or root, or cut, and one under a key file', async () => {
    await EmbeddedKeyring.load(under(phrase));
    const whole = readFileSync(files.sealedFile);
    for (const at of [0, 3, 30, whole.length - 1]) {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] ?? 0) ^ 1;
      writeFileSync(files.sealedFile, changed);
      await expect(EmbeddedKeyring.load(under(phrase))).rejects.toThrow(KeyringRefused);
    }
    writeFileSync(files.sealedFile, whole.subarray(0, -1));
    await expect(EmbeddedKeyring.load(under(phrase))).rejects.toThrow(KeyringRefused);
    rmSync(files.sealedFile);
    rmSync(`${files.sealedFile}.backup`);
    await EmbeddedKeyring.load(files);
    await expect(EmbeddedKeyring.load(under(phrase))).rejects.toThrow(KeyringRefused);
  });

  it('refuses a short one, and makes nothing', async () => {
    await expect(EmbeddedKeyring.load(under('fifteen letters'))).rejects.toThrow('16 characters');
    expect(existsSync(files.sealedFile)).toBe(false);
  });
});
