import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AuditDuties, auditWiring } from '@integument/audit-http';
import { AuditLog, generateNoteKey } from '@integument/audit-log';
import { byteaArray, UnitOfWork } from '@integument/database';
import {
  BearerTokens,
  ClientDirectory,
  clientCallers,
  createHttpApp,
  DpopProofs,
  type HttpApp,
  limitSettings,
  parseConfig,
  RulesInForce,
  SpentProofs,
} from '@integument/http';
import { createLogger } from '@integument/telemetry';
import { z } from 'zod';
import { AppModule } from '../../apps/vault/src/app.module.js';
import type { VaultConfig } from '../../apps/vault/src/config.js';
import { vaultLimits } from '../../apps/vault/src/platform/limits.js';
import { vaultPolicies } from '../../apps/vault/src/platform/policies.js';
import { NEVER_REACHED } from '../never-reached.js';
import { answerQuestions } from '../side-process.js';
import type { TransitAddress } from './transit-stand-in.js';

/** The vault's public listener on a database of its own, with its audit log or without. */
export interface PeopleServer {
  readonly database: string;
  /** the OpenID provider of the bench's platform */
  readonly issuer: string;
  readonly audited: boolean;
  /** holds the root key; a file when absent */
  readonly transit?: TransitAddress;
}

const ORIGIN = 'bench.local/vault';
const NO_ENTRIES = byteaArray([]);

/** Asked twice, it serves two of them in one process: two processes of one program were measured to lie a fifth apart. @returns the port */
async function serve({ database, issuer, audited, transit }: PeopleServer): Promise<{ port: number }> {
  const config = settings(database, issuer, transit);
  const logger = createLogger({ service: 'bench', level: 'error' });
  const http = await createHttpApp(AppModule.with(config, logger), {
    logger,
    title: 'Bench',
    description: 'The vault, for the bench',
    version: '0',
    publicUrl: config.VAULT_PUBLIC_URL,
    listener: 'public',
    allowedOrigins: [],
    docs: false,
    wire: (app) => ({
      ...auditWiring(app),
      policies: vaultPolicies,
      limits: vaultLimits(app, config),
      rules: app.get(RulesInForce, { strict: false }),
      callers: new BearerTokens({
        issuer,
        audience: 'urn:integument:vault',
        proofs: new DpopProofs({
          publicUrl: config.VAULT_PUBLIC_URL,
          marks: new SpentProofs(app.get(UnitOfWork, { strict: false })),
        }),
        ...clientCallers('identity', app.get(ClientDirectory, { strict: false })),
      }),
    }),
  });
  if (audited) http.app.get(AuditDuties, { strict: false }).start();
  else writeNoEntries(http);
  return { port: await http.listen(0, '127.0.0.1') };
}

/** No app has a switch for this. The statements stay as they are, with no rows for the log in them. */
function writeNoEntries({ app }: HttpApp): void {
  const audit = app.get(AuditLog, { strict: false });
  audit.encode = () => NO_ENTRIES;
  audit.append = () => Promise.resolve();
}

/** What the public listener reads of the vault's settings; the rest is the internal listener's. */
function settings(database: string, issuer: string, transit?: TransitAddress): VaultConfig {
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
  };
}

answerQuestions(serve);
