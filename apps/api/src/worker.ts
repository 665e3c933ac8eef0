import { AuditPulse } from '@integument/audit-log';
import { toldPermits } from '@integument/contracts';
import { Idempotency, OutboxWorker, UnitOfWork } from '@integument/database';
import { endOnSignals, Periodic, parseConfig, SpentProofs } from '@integument/http';
import type { Queues } from '@integument/queue';
import { createLogger, NestLogger } from '@integument/telemetry';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import { apiConfig } from './config.js';
import {
  ConsentExpiry,
  ConsentLetters,
  consentMessages,
  GateReconciler,
  GuardianshipEndings,
  OptOutClocks,
} from './features/consent/index.js';
import { ConsentImports } from './features/consent-imports/index.js';
import { ErasureService } from './features/erasure/index.js';
import { FaultsService } from './features/faults/index.js';
import { ScatteredRows } from './features/permits/index.js';
import {
  DESTROY_MODEL_KEY_TOPIC,
  ModelVault,
  RecommendationsTrainer,
} from './features/recommendations/index.js';
import { SessionEndings, SessionsStore } from './features/sessions/index.js';
import { QUEUES } from './platform/tokens.js';
import { VaultClient } from './platform/vault-client.js';

// The same code as the API, without its listener: what happens when nobody waits for the answer.

const config = parseConfig(apiConfig, process.env);
const logger = createLogger({ service: 'worker', level: config.LOG_LEVEL });

const app = await NestFactory.createApplicationContext(AppModule.with(config, logger), {
  logger: new NestLogger(logger),
  abortOnError: false,
});
const find = <T>(token: abstract new (...args: never[]) => T): T => app.get<T>(token, { strict: false });
const unitOfWork = find(UnitOfWork);
const vault = find(VaultClient);
const pulse = find(AuditPulse);
pulse.start();
const models = find(ModelVault);
const queues = app.get<Queues>(QUEUES, { strict: false });

// Jobs that would wait for ever, in another database say, stop the start.
await unitOfWork.run((tx) => queues.verify(tx));

const outbox = new OutboxWorker({
  unitOfWork,
  handlers: {
    ...queues.outboxHandlers,
    [DESTROY_MODEL_KEY_TOPIC]: (payload) => models.handle(payload),
    ...consentMessages(vault),
  },
  onFailure: ({ topic, attempt, error }) =>
    logger.warn('outbox message failed', { topic, attempts: attempt, error }),
});
outbox.start();

const trainer = find(RecommendationsTrainer);
await trainer.start();

const HOUR = 3_600_000;
const erasures = find(ErasureService);
const imports = find(ConsentImports);
const reconciler = find(GateReconciler);
const expiry = find(ConsentExpiry);
const letters = find(ConsentLetters);
const clocks = find(OptOutClocks);
const faults = find(FaultsService);
const sessions = find(SessionsStore);
const endings = find(SessionEndings);
const guardianships = find(GuardianshipEndings);
const idempotency = find(Idempotency);
const rows = find(ScatteredRows);
const proofs = new SpentProofs(unitOfWork);
const periodic = new Periodic(logger);
periodic.every(200, 'sessions that the vault ended', () => endings.carryOut());
periodic.every(1_000, 'guardianships that are over', () => guardianships.carryOut());
periodic.every(500, 'erasures', () => erasures.carryOut());
periodic.every(500, 'imported consents', () => imports.carryOut());
// A quarter of the patience, so that a gate is closed soon after its time.
periodic.every(config.GATE_PATIENCE_SECONDS * 250, 'gates left opening', () => reconciler.run());
periodic.every(HOUR, 'consents that end', () => expiry.run());
periodic.every(HOUR, 'letters about consents', () => letters.foretell());
periodic.every(HOUR, 'permits whose time is up', () => erasures.eraseDue());
periodic.every(HOUR, 'opt-outs of which all have heard', () =>
  clocks.stop(unitOfWork, async (gates) => (await vault.call(toldPermits, { body: { gates } })).told),
);
periodic.every(HOUR, 'old fault reports', () => faults.forgetOld());
periodic.every(HOUR, 'rows in the order in which people came', async () => {
  const left = await rows.scatter();
  if (left.length > 0) logger.warn('tables were left as they are', { component: left.join(', ') });
});
periodic.every(HOUR, 'ended sessions', () => unitOfWork.single((tx) => sessions.deleteExpired(tx)));
periodic.every(HOUR, 'spent proofs', () => unitOfWork.single((tx) => proofs.deleteExpired(tx)));
periodic.every(HOUR, 'kept replies', () => unitOfWork.single((tx) => idempotency.sweep(tx)));

endOnSignals(logger, [
  periodic,
  { close: () => outbox.stop() },
  queues,
  { close: () => pulse.stop() },
  { close: () => Promise.resolve(vault.close()) },
  app,
]);
logger.info('working');
