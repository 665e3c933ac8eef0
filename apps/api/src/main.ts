import { AuditFollowers, auditWiring } from '@integument/audit-http';
import { Integrator } from '@integument/audit-log';
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
import { apiPolicies } from './platform/policies.js';

const config = parseConfig(apiConfig, process.env);
const logger = createLogger({ service: 'api', level: config.LOG_LEVEL });

const http = await createHttpApp(AppModule.with(config, logger), {
  logger,
  title: 'Integument API',
  description: 'The data plane: consent, readings and recommendations, by pseudonym.',
  version: '0.1.0',
  publicUrl: config.API_PUBLIC_URL,
  allowedOrigins: [config.WEB_ORIGIN],
  wire: (app) => ({
    ...auditWiring(app),
    policies: apiPolicies,
    sessionCookie: app.get(SessionCookieFormat, { strict: false }).name,
    callers: firstOf(
      new ClientCallers(app.get(ClientDirectory, { strict: false }), config.OIDC_ISSUER),
      app.get(SessionCallers, { strict: false }),
    ),
  }),
});

const integrator = http.app.get(Integrator, { strict: false });
integrator.start();
const followers = http.app.get(AuditFollowers, { strict: false });
followers.start();
await http.listen(config.API_PORT, config.API_HOST);
endOnSignals(logger, [{ close: () => followers.stop() }, { close: () => integrator.stop() }, http]);
logger.info('listening');
