import { AuditDuties } from '@integument/audit-http';
import { Idempotency, UnitOfWork } from '@integument/database';
import {
  BearerTokens,
  ClientDirectory,
  clientCallers,
  createHttpApp,
  DpopProofs,
  endOnSignals,
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
import { Approvals } from './features/approvals/index.js';
import { OpeningsService } from './features/evidence/index.js';
import { FactorsStore } from './features/factors/index.js';
import { GuardianshipsService } from './features/guardianships/index.js';
import { LETTER_SENDER, type LetterSender, LettersStore } from './features/letters/index.js';
import { IndexKeeper } from './features/people/index.js';
import { SessionsStore } from './features/sessions/index.js';
import { SignInStore, SpentMarksStore } from './features/sign-in/index.js';
import { sweepEnded, TokensStore } from './features/tokens/index.js';
import { DeliveryLoop } from './features/webhooks/index.js';
import { InternalModule } from './internal.module.js';
import { CertificateCallers } from './platform/certificate-callers.js';
import { vaultLimits } from './platform/limits.js';
import { vaultPolicies } from './platform/policies.js';
import { vaultWiring } from './platform/vault-wiring.js';
import { rotateKeys, watchKeys } from './platform/watch-keys.js';

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
watchKeys(open.app, periodic);
rotateKeys(open.app, periodic);
keepIndexes(open.app, periodic);
const webhooks = open.app.get(DeliveryLoop, { strict: false });
periodic.every(500, 'webhooks', () => webhooks.beat());
sendLetters(open.app, periodic);
endGuardianships(open.app, periodic);
sweepHourly(open.app, periodic);
warnOfEndings(open.app, periodic);
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

function keepIndexes(app: INestApplicationContext, periodic: Periodic): void {
  const keeper = app.get(IndexKeeper, { strict: false });
  if (keeper.isNeeded) periodic.every(500, 'search indexes', () => keeper.beat());
}

/** Without a mail server letters are kept, and nothing else waits for them. */
function sendLetters(app: INestApplicationContext, periodic: Periodic): void {
  const sender = app.get<LetterSender | null>(LETTER_SENDER, { strict: false });
  if (sender) periodic.every(500, 'letters', (stop) => sender.beat(stop));
  else logger.warn('no mail server is set: letters wait');
}

/** A child is old enough from midnight on, UTC. */
function endGuardianships(app: INestApplicationContext, periodic: Periodic): void {
  const unitOfWork = app.get(UnitOfWork, { strict: false });
  const guardianships = app.get(GuardianshipsService, { strict: false });
  periodic.every(60_000, 'guardianships that end', () => guardianships.endDue(unitOfWork));
}

/** Somebody signed out, and may still be let in by the data plane: it is away, or can't write. */
function warnOfEndings(app: INestApplicationContext, periodic: Periodic): void {
  const unitOfWork = app.get(UnitOfWork, { strict: false });
  const sessions = app.get(SessionsStore, { strict: false });
  periodic.every(60_000, 'overdue endings', async () => {
    const count = await unitOfWork.single((tx) => sessions.countOverdueEndings(tx));
    if (count > 0) logger.error('sessions that the data plane has not ended', { count });
  });
}

/** An ended session must not go on saying whose it was once no opt-out of it can be on its way, nor a kept reply that it was given. */
function sweepHourly(app: INestApplicationContext, periodic: Periodic): void {
  const unitOfWork = app.get(UnitOfWork, { strict: false });
  const sessions = app.get(SessionsStore, { strict: false });
  const codes = app.get(SignInStore, { strict: false });
  const replies = app.get(Idempotency, { strict: false });
  periodic.every(3_600_000, 'ended sessions', () => sessions.deleteExpired(unitOfWork));
  periodic.every(3_600_000, 'late codes', () => unitOfWork.run((tx) => codes.deleteExpired(tx)));
  const spent = app.get(SpentMarksStore, { strict: false });
  periodic.every(3_600_000, 'spent attempts', () => unitOfWork.run((tx) => spent.deleteExpired(tx)));
  const proofs = new SpentProofs(unitOfWork);
  periodic.every(3_600_000, 'spent proofs', () => unitOfWork.single((tx) => proofs.deleteExpired(tx)));
  const factors = app.get(FactorsStore, { strict: false });
  periodic.every(3_600_000, 'late challenges', () => unitOfWork.run((tx) => factors.deleteExpired(tx)));
  const openings = app.get(OpeningsService, { strict: false });
  periodic.every(3_600_000, 'lapsed evidence', () => unitOfWork.run((tx) => openings.sweep(tx)));
  const approvals = app.get(Approvals, { strict: false });
  periodic.every(3_600_000, 'approvals long over', () => unitOfWork.run((tx) => approvals.sweep(tx)));
  const deliveries = app.get(DeliveryLoop, { strict: false });
  periodic.every(3_600_000, 'late webhooks', () => unitOfWork.run((tx) => deliveries.sweep(tx)));
  const letters = app.get(LettersStore, { strict: false });
  periodic.every(3_600_000, 'letters long over', () => unitOfWork.single((tx) => letters.sweep(tx)));
  const tokens = app.get(TokensStore, { strict: false });
  periodic.every(60_000, 'ended tokens', (stop) => sweepEnded(unitOfWork, tokens, stop));
  periodic.every(3_600_000, 'kept replies', () => unitOfWork.single((tx) => replies.sweep(tx)));
}
