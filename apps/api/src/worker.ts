import { AuditPulse } from '@integument/audit-log';
import { OutboxWorker, UnitOfWork } from '@integument/database';
import { endOnSignals, findIn, Periodic, parseConfig } from '@integument/http';
import type { Queues } from '@integument/queue';
import { createLogger, NestLogger } from '@integument/telemetry';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import { apiConfig } from './config.js';
import { RecommendationsTrainer } from './features/recommendations/index.js';
import { QUEUES } from './platform/tokens.js';
import { VaultClient, VaultRefused } from './platform/vault-client.js';
import { outboxHandlers, rounds } from './worker-duties.js';

// The same code as the API, without its listener: what happens when nobody waits for the answer.

const config = parseConfig(apiConfig, process.env);
const logger = createLogger({ service: 'worker', level: config.LOG_LEVEL });

const app = await NestFactory.createApplicationContext(AppModule.with(config, logger), {
  logger: new NestLogger(logger),
  abortOnError: false,
});
const find = findIn(app);
const unitOfWork = find(UnitOfWork);
const vault = find(VaultClient);
const pulse = find(AuditPulse);
pulse.start();
const queues = app.get<Queues>(QUEUES, { strict: false });

// Jobs that would wait for ever, in another database say, stop the start.
await unitOfWork.run((tx) => queues.verify(tx));

const outbox = new OutboxWorker({
  unitOfWork,
  handlers: { ...queues.outboxHandlers, ...outboxHandlers(find) },
  onFailure: ({ topic, attempt, error }) => {
    const fields = { topic, attempts: attempt, error };
    // The vault is there and will say the same the next time: somebody has to look.
    if (error instanceof VaultRefused) logger.error('the vault refuses a message of the outbox', fields);
    else logger.warn('outbox message failed', fields);
  },
});
outbox.start();

const trainer = find(RecommendationsTrainer);
await trainer.start();

const periodic = new Periodic(logger);
periodic.all(rounds(find, config.GATE_PATIENCE_SECONDS, logger));

endOnSignals(logger, [
  periodic,
  { close: () => outbox.stop() },
  queues,
  { close: () => pulse.stop() },
  { close: () => Promise.resolve(vault.close()) },
  app,
]);
logger.info('working');
