import { AuditDuties, auditWiring } from '@integument/audit-http';
import {
  createHttpApp,
  endOnSignals,
  firstOf,
  parseConfig,
  SessionCallers,
  SessionCookieFormat,
} from '@integument/http';
import { createLogger } from '@integument/telemetry';
import { AppModule } from './app.module.js';
import { apiConfig } from './config.js';
import { ClientCallers } from './platform/client-callers.js';
import { ClientDirectory } from './platform/client-directory.js';
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
    sessionCookie: app.get(SessionCookieFormat, { strict: false }).name,
    callers: firstOf(
      new ClientCallers(app.get(ClientDirectory, { strict: false }), config.OIDC_ISSUER),
      app.get(SessionCallers, { strict: false }),
    ),
  }),
});

http.app.get(AuditDuties, { strict: false }).start();
await http.listen(config.API_PORT, config.API_HOST);
endOnSignals(logger, [http]);
logger.info('listening');
