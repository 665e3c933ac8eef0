import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateNoteKey } from '@integument/audit-log';
import { limitSettings, parseConfig } from '@integument/http';
import { z } from 'zod';
import type { VaultConfig } from '../../apps/vault/src/config.js';
import { NEVER_REACHED } from '../never-reached.js';
import type { TransitAddress } from './transit-stand-in.js';

const ORIGIN = 'bench.local/vault';

/** What the public listener reads of the vault's settings; the rest is the internal listener's. */
export function settings(database: string, issuer: string, transit?: TransitAddress): VaultConfig {
  const folder = mkdtempSync(join(tmpdir(), 'integument-bench-people-'));
  chmodSync(folder, 0o700);
  // With the bench, however that ends: it holds a key.
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const registryFile = join(folder, 'registry.json');
  const clients = [{ id: 'brand-shop', use: 'identity', revealPurposes: ['delivery', 'support'] }];
  writeFileSync(registryFile, JSON.stringify({ clients, staff: [] }));
  const config: Partial<VaultConfig> = {
    ...parseConfig(z.object(limitSettings), { LIMITS_CLIENT: NEVER_REACHED }),
    VAULT_DATABASE_URL: database,
    VAULT_DATABASE_POOL: 16,
    VAULT_PUBLIC_URL: 'http://127.0.0.1',
    VAULT_AUDIT_KEY_FILE: generateNoteKey(ORIGIN).skey,
    VAULT_AUDIT_ORIGIN: ORIGIN,
    AUDIT_STALL_SECONDS: 30,
    ...(transit ? hashicorp(transit) : embedded(folder)),
    OIDC_ISSUER: issuer,
    OIDC_CLIENT_ID: 'bench',
    OIDC_CLIENT_SECRET_FILE: 'unused',
    REGISTRY_FILE: registryFile,
    WEB_ORIGIN: 'http://127.0.0.1',
  };
  return config as VaultConfig;
}

function embedded(folder: string): Partial<VaultConfig> {
  const keyFile = join(folder, 'keyring.key');
  writeFileSync(keyFile, randomBytes(32).toString('base64url'), { mode: 0o600 });
  return { KEYRING: 'embedded', KEYRING_FILE: join(folder, 'keyring.sealed'), KEYRING_KEY_FILE: keyFile };
}

function hashicorp({ address, roleId, secretIdFile }: TransitAddress): Partial<VaultConfig> {
  return {
    KEYRING: 'hashicorp',
    KEYRING_ADDR: address,
    KEYRING_ROLE_ID: roleId,
    KEYRING_SECRET_ID_FILE: secretIdFile,
    KEYRING_TRANSIT_MOUNT: 'transit',
    KEYRING_TRANSIT_KEY: 'integument',
    KEYRING_GRACE_SECONDS: 300,
    KEYRING_STRICT: 'off',
    KEYRING_STRICT_KEY: 'integument-data-keys',
    KEYRING_STRICT_SECONDS: 60,
  };
}
