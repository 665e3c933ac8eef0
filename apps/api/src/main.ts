import { AuditDuties, auditWiring } from '@integument/audit-http';
import { UnitOfWork } from '@integument/database';
import {
  BearerTokens,
  ClientDirectory,
  clientCallers,
  createHttpApp,
  DpopProofs,
  endOnSignals,
  firstOf,
  parseConfig,
  RulesInForce,
  SessionCallers,
  SessionCookieFormat,
  SpentProofs,
} from '@integument/http';
import { createLogger } from '@integument/telemetry';
import type { INestApplicationContext } from '@nestjs/common';
import { AppModule } from './app.module.js';
import { apiConfig } from './config.js';
import { apiLimits } from './platform/limits.js';
import { apiPolicies } from './platform/policies.js';

const config = parseConfig(apiConfig, process.env);
const logger = createLogger({ service: 'api', level: config.LOG_LEVEL });

const http = await createHttpApp(AppModule.with(config, logger), {
  logger,
  title: 'Integument API',
  description: 'The data plane: consent, readings and recommendations, by pseudonym.',
  version: '0.1.0',
  publicUrl: config.API_PUBLIC_URL,
  listener: 'public',
  trustedProxies: config.TRUSTED_PROXIES,
  allowedOrigins: [config.WEB_ORIGIN],
  wire: (app) => ({
    ...auditWiring(app),
    policies: apiPolicies,
    limits: apiLimits(app, config),
    rules: app.get(RulesInForce, { strict: false }),
    sessionCookie: app.get(SessionCookieFormat, { strict: false }).name,
    callers: callers(app),
  }),
});

http.app.get(AuditDuties, { strict: false }).start();
await http.listen(config.API_PORT, config.API_HOST);
endOnSignals(logger, [http]);
logger.info('listening');

function callers(app: INestApplicationContext) {
  const { OIDC_ISSUER: issuer, API_PUBLIC_URL: publicUrl } = config;
  const directory = app.get(ClientDirectory, { strict: false });
  const proofs = new DpopProofs({
    publicUrl,
    marks: new SpentProofs(app.get(UnitOfWork, { strict: false })),
  });
  return firstOf(
    new BearerTokens({
      issuer,
      audience: 'urn:integument:api',
      proofs,
      ...clientCallers('health', directory),
    }),
    app.get(SessionCallers, { strict: false }),
  );
}
