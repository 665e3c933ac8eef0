import { checkLogSettings, logSettings } from '@integument/audit-http';
import { keyFile, limitSettings, plainFile, proxyNetworks, secretFile, webUrl } from '@integument/http';
import { LOG_LEVELS } from '@integument/telemetry';
import { z } from 'zod';

const port = z.coerce.number().int().min(1).max(65_535);

const settings = z.object({
  PLATFORM_DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
    .describe('PostgreSQL of the data plane, its own server'),
  PLATFORM_DATABASE_POOL: z.coerce
    .number()
    .int()
    .min(2)
    .max(200)
    .default(16)
    .describe('Connections at most, beside four for readers of the audit log'),
  API_PUBLIC_URL: webUrl('The API as browsers and clients see it'),
  API_HOST: z.string().default('127.0.0.1').describe('Address to listen on'),
  API_PORT: port.default(4403).describe('Port to listen on'),
  VAULT_INTERNAL_URL: z.url({ protocol: /^https$/ }).describe('The vault’s internal listener'),
  API_TLS_CA_FILE: plainFile('Certificate authority that signed the vault’s certificate (PEM)'),
  API_TLS_CERT_FILE: plainFile('The API’s certificate towards the vault (PEM)'),
  API_TLS_KEY_FILE: secretFile('Its key (PEM)'),
  PLATFORM_SECRET_FILE: keyFile('The half of every data key that only the API has (32 bytes, base64url)'),
  QUEUE_URL: z
    .url({ protocol: /^(postgres(ql)?|rediss?)$/ })
    .optional()
    .describe('Where jobs wait: PostgreSQL or Redis; the platform database when absent'),
  REGISTER_FILE: z
    .string()
    .min(1)
    .describe('Who is responsible, who gets what, and what people agree to, as JSON: see consent.md'),
  RECEIPT_KEY_FILE: secretFile('EC key on P-256 that signs receipts of consents (PKCS#8 PEM)'),
  OIDC_ISSUER: webUrl('The OpenID provider'),
  API_AUDIT_KEY_FILE: secretFile('Ed25519 key that signs the checkpoints of the audit log (PKCS#8 PEM)'),
  API_AUDIT_RETIRED_KEY_FILE: secretFile(
    'The key before it, when it is replaced: it signs once more, that the new one follows',
  ).optional(),
  API_AUDIT_ORIGIN: z.string().default('integument.local/api').describe('Name of the API’s audit log'),
  ...logSettings,
  WEB_ORIGIN: webUrl('Origin of the web app'),
  TRUSTED_PROXIES: proxyNetworks(),
  ...limitSettings,
  GATE_PATIENCE_SECONDS: z.coerce
    .number()
    .int()
    .min(1)
    .max(3_600)
    .default(60)
    .describe('How long a consent may be on its way before the worker takes it for lost and closes its gate'),
  COHORT_MINIMUM: z.coerce
    .number()
    .int()
    .min(5)
    .max(1_000)
    .default(10)
    .describe('Counts of fewer people are not told; for each number up to four more, drawn anew each day'),
  COHORT_QUESTIONS_A_DAY: z.coerce
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(20)
    .describe('Questions for counts a day, those refused as too small included, of all staff together'),
  LOG_LEVEL: z.enum(LOG_LEVELS).default('info').describe('Least level that is written'),
});

/** Settings of apps/api and its worker. `docs/configuration.md` is generated from here. */
export const apiConfig = settings.superRefine(checkLogSettings);
export type ApiConfig = z.output<typeof apiConfig>;
