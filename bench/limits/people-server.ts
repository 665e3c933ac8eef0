import { AuditDuties, auditWiring } from '@integument/audit-http';
import { AuditLog } from '@integument/audit-log';
import { byteaArray, UnitOfWork } from '@integument/database';
import {
  BearerTokens,
  ClientDirectory,
  clientCallers,
  createHttpApp,
  DpopProofs,
  findIn,
  type HttpApp,
  Periodic,
  RulesInForce,
  SpentProofs,
} from '@integument/http';
import { createLogger } from '@integument/telemetry';
import { AppModule } from '../../apps/vault/src/app.module.js';
import { vaultLimits } from '../../apps/vault/src/platform/limits.js';
import { vaultPolicies } from '../../apps/vault/src/platform/policies.js';
import { watchKeys } from '../../apps/vault/src/platform/watch-keys.js';
import { answerQuestions } from '../side-process.js';
import type { TransitAddress } from './transit-stand-in.js';
import { settings } from './vault-settings.js';

/** The vault's public listener on a database of its own, with its audit log or without. */
export interface PeopleServer {
  readonly database: string;
  /** the OpenID provider of the bench's platform */
  readonly issuer: string;
  readonly audited: boolean;
  /** holds the root key; a file when absent */
  readonly transit?: TransitAddress;
}

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
  // Keys whose versions nobody reads are used for 15 seconds, and then no more.
  new Periodic(logger).all(watchKeys(findIn(http.app)));
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

answerQuestions(serve);
