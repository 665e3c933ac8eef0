import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase, UnitOfWork } from '@integument/database';
import type { DataSource } from 'typeorm';
import { EmbeddedKeyring, type EmbeddedKeyringFiles } from './features/keyring/embedded-keyring.js';
import { HashicorpKeyring } from './features/keyring/hashicorp-keyring.js';
import type { Keyring } from './features/keyring/index.js';
import type { TransitServer } from './features/keyring/transit-server.fixture.js';
import { DomainKeys, type DomainKeysOptions } from './features/keys/domain-keys.js';
import { KeysStore } from './features/keys/keys.store.js';
import { StrictKeys } from './features/keys/strict-keys.js';

/** Strict mode, as a process is started with it. It may change between starts. */
export interface StrictStage {
  readonly server: TransitServer;
  mode: 'leaving' | 'off' | 'on';
  pool?: number;
  readonly now?: () => number;
}

/** Where a test's vault has its data, which may be another process's as well. */
export interface Place {
  readonly url: string;
  readonly files: EmbeddedKeyringFiles;
  /** of what is known of the keys; without it everything is believed for good, and nothing reads the versions again unless a test does */
  readonly keys?: DomainKeysOptions;
  /** opens the keyring of each process; the embedded one where none is named */
  readonly keyring?: (() => Promise<Keyring>) | undefined;
  readonly remove: () => Promise<void>;
}

/** What a process finds there: its database, and the keys to it. */
export async function openPlace(
  { url, files, keyring: open, keys: options }: Place,
  stage: StrictStage | undefined,
): Promise<{ readonly dataSource: DataSource; readonly keyring: Keyring; readonly keys: DomainKeys }> {
  const dataSource = await openDatabase({
    url,
    poolSize: 16,
    applicationName: 'vault tests',
    migrations: [],
  });
  const keyring = await (open?.() ?? EmbeddedKeyring.load(files));
  const never = { demand: () => undefined };
  const keys = new DomainKeys(keyring, new KeysStore(), new UnitOfWork(dataSource), never, {
    leaseMs: Infinity,
    ...options,
    strict: stage ? await strictKeys(stage) : null,
  });
  await keys.load();
  return { dataSource, keyring, keys };
}

async function strictKeys({ server, mode, ...options }: StrictStage): Promise<StrictKeys | null> {
  if (mode === 'off') return null;
  // A thousand keys at once on a busy machine.
  const root = await HashicorpKeyring.open({ ...server.settings, timeoutMs: 10_000 });
  const keyring = await root.beside('integument-data-keys');
  return new StrictKeys(keyring, { makes: mode === 'on', forMs: 60_000, ...options });
}

/** Places for a keyring and the secret that seals it; the keyring's own file is made by loading it. */
export function keyringFiles(): { sealedFile: string; keyFile: string; folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'integument-keyring-'));
  chmodSync(folder, 0o700);
  const keyFile = join(folder, 'key');
  writeFileSync(keyFile, randomBytes(32).toString('base64url'), { mode: 0o600 });
  const remove = () => rmSync(folder, { recursive: true, force: true });
  return { sealedFile: join(folder, 'keyring.sealed'), keyFile, folder, remove };
}
