import { AuditDuties } from '@integument/audit-http';
import { UnitOfWork } from '@integument/database';
import {
  BearerTokens,
  ClientDirectory,
  clientCallers,
  createHttpApp,
  DpopProofs,
  endOnSignals,
  findIn,
  firstOf,
  Periodic,
  parseConfig,
  RulesInForce,
  SessionCallers,
  SessionCookieFormat,
  SpentProofs,
} from '@integument/http';
import { createLogger } from '@integument/telemetry';
import type { INestApplicationContext } from '@nestjs/common';
import { AppModule } from './app.module.js';
import { type VaultConfig, vaultConfig } from './config.js';
import { LETTER_SENDER, type LetterSender } from './features/letters/index.js';
import { DeliveryLoop } from './features/webhooks/index.js';
import { InternalModule } from './internal.module.js';
import { CertificateCallers } from './platform/certificate-callers.js';
import { vaultLimits } from './platform/limits.js';
import { vaultPolicies } from './platform/policies.js';
import { vaultWiring } from './platform/vault-wiring.js';
import { rounds } from './vault-duties.js';

const VERSION = '0.1.0';

const config = parseConfig(vaultConfig, process.env);
const logger = createLogger({ service: 'vault', level: config.LOG_LEVEL });

const open = await createHttpApp(AppModule.with(config, logger), {
  logger,
  title: 'Integument vault',
  description: 'The identity plane: who people are, and the keys of what is known about them.',
  version: VERSION,
  publicUrl: config.VAULT_PUBLIC_URL,
  listener: 'public',
  trustedProxies: config.TRUSTED_PROXIES,
  allowedOrigins: [config.WEB_ORIGIN],
  wire: (app) => ({
    ...vaultWiring(app),
    policies: vaultPolicies,
    limits: vaultLimits(app, config),
    rules: app.get(RulesInForce, { strict: false }),
    sessionCookie: app.get(SessionCookieFormat, { strict: false }).name,
    callers: publicCallers(app, config),
  }),
});

const internal = await createHttpApp(InternalModule.of(open.app), {
  logger,
  title: 'Integument vault, internal listener',
  description: 'For the API’s process alone, over mutual TLS. Never gives identity.',
  version: VERSION,
  publicUrl: `https://${config.VAULT_INTERNAL_HOST}:${config.VAULT_INTERNAL_PORT}`,
  listener: 'internal',
  allowedOrigins: [],
  docs: false,
  https: {
    ca: config.VAULT_TLS_CA_FILE,
    cert: config.VAULT_TLS_CERT_FILE,
    key: config.VAULT_TLS_KEY_FILE,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.3',
  },
  wire: () => ({
    ...vaultWiring(open.app),
    policies: vaultPolicies,
    // The API's process is one caller for everybody: slowed down, one person's requests would lock out all.
    limits: null,
    rules: null,
    callers: new CertificateCallers(),
  }),
});

open.app.get(AuditDuties, { strict: false }).start();
const periodic = new Periodic(logger);
const webhooks = open.app.get(DeliveryLoop, { strict: false });
const letters = open.app.get<LetterSender | null>(LETTER_SENDER, { strict: false });
periodic.all(rounds(findIn(open.app), letters, logger));
await internal.listen(config.VAULT_INTERNAL_PORT, config.VAULT_INTERNAL_HOST);
await open.listen(config.VAULT_PORT, config.VAULT_HOST);
endOnSignals(logger, [internal, periodic, webhooks, open]);
logger.info('listening');

function publicCallers(app: INestApplicationContext, config: VaultConfig) {
  const { OIDC_ISSUER: issuer, VAULT_PUBLIC_URL: publicUrl } = config;
  const directory = app.get(ClientDirectory, { strict: false });
  const proofs = new DpopProofs({
    publicUrl,
    marks: new SpentProofs(app.get(UnitOfWork, { strict: false })),
  });
  return firstOf(
    new BearerTokens({
      issuer,
      audience: 'urn:integument:vault',
      proofs,
      ...clientCallers('identity', directory),
    }),
    app.get(SessionCallers, { strict: false }),
  );
}
