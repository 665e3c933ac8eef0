import { checkLogSettings, logSettings } from '@integument/audit-http';
import { limitSettings, plainFile, proxyNetworks, secretFile, webUrl } from '@integument/http';
import { LOG_LEVELS } from '@integument/telemetry';
import { z } from 'zod';
import { checkKeyring, keyringSettings } from './keyring-settings.js';
import { checkMail, mailSettings } from './mail-settings.js';
import { openIdSettings, refuseTwinProviders } from './openid-providers.js';
import { rotationSettings } from './rotation-settings.js';

const port = z.coerce.number().int().min(1).max(65_535);

/** Settings of apps/vault. `docs/configuration.md` is generated from here. */
export const vaultConfig = z
  .object({
    VAULT_DATABASE_URL: z
      .url({ protocol: /^postgres(ql)?$/ })
      .describe('PostgreSQL of the identity plane, its own server'),
    VAULT_DATABASE_POOL: z.coerce
      .number()
      .int()
      .min(2)
      .max(200)
      .default(16)
      .describe('Connections at most, beside four for readers of the audit log'),
    VAULT_PUBLIC_URL: webUrl('The public listener as browsers and clients see it'),
    VAULT_HOST: z.string().default('127.0.0.1').describe('Address of the public listener'),
    VAULT_PORT: port.default(4401).describe('Port of the public listener'),
    VAULT_INTERNAL_HOST: z
      .string()
      .default('127.0.0.1')
      .describe('Address of the internal listener, for the API alone'),
    VAULT_INTERNAL_PORT: port.default(4402).describe('Port of the internal listener'),
    VAULT_TLS_CA_FILE: plainFile('Certificate authority that signed the API’s certificate (PEM)'),
    VAULT_TLS_CERT_FILE: plainFile('Certificate of the internal listener (PEM)'),
    VAULT_TLS_KEY_FILE: secretFile('Key of the internal listener (PEM)'),
    ...keyringSettings,
    ...rotationSettings,
    ...openIdSettings,
    ...mailSettings,
    VAULT_AUDIT_KEY_FILE: secretFile('Ed25519 key that signs the checkpoints of the audit log (PKCS#8 PEM)'),
    VAULT_AUDIT_RETIRED_KEY_FILE: secretFile(
      'The key before it, when it is replaced: it signs once more, that the new one follows',
    ).optional(),
    VAULT_AUDIT_ORIGIN: z
      .string()
      .default('integument.local/vault')
      .describe('Name of the vault’s audit log'),
    ...logSettings,
    REGISTRY_FILE: z.string().describe('Clients and staff (JSON), applied at every start'),
    VAULT_CATALOGUE_FILE: z
      .string()
      .optional()
      .describe(
        'What the vault is to know beyond the identity fields (JSON): fields whose values can have tokens, who shares them, [search indexes](search.md)',
      ),
    WEB_ORIGIN: webUrl('Origin of the web app; staff’s passkeys are bound to its host'),
    TRUSTED_PROXIES: proxyNetworks(),
    WEBHOOK_LOOPBACK: z
      .enum(['on', 'off'])
      .default('off')
      .describe(
        '`on` lets [webhooks](webhooks.md) go to this machine, over plain http too: for trying them, never in production',
      ),
    ...limitSettings,
    LOG_LEVEL: z.enum(LOG_LEVELS).default('info').describe('Least level that is written'),
  })
  .superRefine(checkLogSettings)
  .superRefine(refuseTwinProviders)
  .superRefine(checkKeyring)
  .superRefine(checkMail);
export type VaultConfig = z.output<typeof vaultConfig>;
