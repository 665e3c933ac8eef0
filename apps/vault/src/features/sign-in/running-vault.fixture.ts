import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { AuditDuties, auditWiring } from '@integument/audit-http';
import { openDatabase } from '@integument/database';
import { createHttpApp, findIn, type HttpApp, Periodic, parseConfig, SessionCallers } from '@integument/http';
import { createLogger } from '@integument/telemetry';
import { freshDatabases } from '@integument/testing';
import type { DataSource } from 'typeorm';
import { freePorts } from '../../../../../tools/ports.js';
import { AppModule } from '../../app.module.js';
import { vaultConfig } from '../../config.js';
import type { OpenIdProvider } from '../../openid-providers.js';
import { vaultPolicies } from '../../platform/policies.js';
import { watchKeys } from '../../platform/watch-keys.js';
import { keyringFiles } from '../../vault-place.fixture.js';
import { StaffNames } from '../keys/index.js';

const WEB = 'http://127.0.0.1:4400';
/** Whatever a provider does, a sign-in is over by then; seconds. */
export const PATIENCE = 1;

/** The vault's public listener with all its routes, in this process, on a database of its own. */
export class RunningVault {
  /** everything that was logged, at every level */
  log = '';

  private constructor(
    readonly url: string,
    readonly database: DataSource,
    private readonly listener: HttpApp,
    private readonly periodic: Periodic,
    private readonly remove: () => Promise<void>,
  ) {}

  static async start(first: OpenIdProvider, ...others: OpenIdProvider[]): Promise<RunningVault> {
    const { vaultUrl, drop } = await freshDatabases();
    const keyring = keyringFiles();
    const [port = 0] = await freePorts(1);
    const url = `http://127.0.0.1:${port}`;
    const settings = settingsOf(vaultUrl, url, keyring, first, others);
    const stream = new PassThrough();
    const config = parseConfig(vaultConfig, settings);
    const logger = createLogger({ service: 'vault', level: 'debug', stream });
    const listener = await createHttpApp(AppModule.with(config, logger), {
      logger,
      title: 'vault',
      description: 'under test',
      version: '0',
      publicUrl: url,
      listener: 'public',
      allowedOrigins: [WEB],
      wire: (app) => ({
        ...auditWiring(app),
        policies: vaultPolicies,
        limits: null,
        rules: null,
        callers: app.get(SessionCallers, { strict: false }),
      }),
    });
    listener.app.get(AuditDuties, { strict: false }).start();
    const periodic = new Periodic(logger);
    periodic.all(watchKeys(findIn(listener.app)));
    await listener.listen(port, '127.0.0.1');
    const database = await openDatabase({
      url: vaultUrl,
      poolSize: 2,
      applicationName: 'test',
      migrations: [],
    });
    const vault = new RunningVault(url, database, listener, periodic, async () => {
      await database.destroy();
      await drop();
      keyring.remove();
    });
    stream.on('data', (line) => {
      vault.log += String(line);
    });
    return vault;
  }

  /** Writes what it counted, as at every end of the process. */
  async end(): Promise<void> {
    await this.periodic.close();
    await this.listener.close();
  }

  async close(): Promise<void> {
    await this.remove();
  }

  /** How much there is of what a sign-in leaves. */
  async rows(): Promise<{ sessions: number; accounts: number; people: number }> {
    const [row] = await this.database.query<{ sessions: number; accounts: number; people: number }[]>(
      `SELECT (SELECT count(*) FROM vault_session)::int AS sessions,
         (SELECT count(*) FROM account)::int AS accounts, (SELECT count(*) FROM person)::int AS people`,
    );
    if (!row) throw new Error('nothing counted');
    return row;
  }

  /** Everything in the audit log, as it is stored. */
  async auditLog(): Promise<string[]> {
    const rows = await this.database.query<{ entry: Buffer }[]>(
      'SELECT entry FROM audit_staging UNION ALL SELECT entry FROM audit_entry',
    );
    return rows.map(({ entry }) => entry.toString('utf8'));
  }

  /** Puts an account into the staff table, past the registry's own check. */
  async appoint(issuer: string, subject: string, role: string): Promise<void> {
    const account = this.listener.app.get(StaffNames, { strict: false }).of(issuer, subject);
    await this.database.query('INSERT INTO staff (account, roles) VALUES ($1, $2)', [account, [role]]);
  }
}

function settingsOf(
  databaseUrl: string,
  url: string,
  keyring: ReturnType<typeof keyringFiles>,
  first: OpenIdProvider,
  others: readonly OpenIdProvider[],
): Record<string, string> {
  const file = (name: string, content: string) => {
    const path = join(keyring.folder, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  };
  const secretFileOf = ({ id, clientSecret }: OpenIdProvider) => file(`${id}.secret`, clientSecret);
  const unused = file('unused.pem', 'of the internal listener');
  const auditKey = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
  const providers = others.map(({ clientSecret, ...other }) => ({
    ...other,
    clientSecretFile: secretFileOf({ clientSecret, ...other }),
  }));
  return {
    VAULT_DATABASE_URL: databaseUrl,
    VAULT_PUBLIC_URL: url,
    VAULT_TLS_CA_FILE: unused,
    VAULT_TLS_CERT_FILE: unused,
    VAULT_TLS_KEY_FILE: unused,
    KEYRING_FILE: keyring.sealedFile,
    KEYRING_KEY_FILE: keyring.keyFile,
    OIDC_ISSUER: first.issuer,
    OIDC_CLIENT_SECRET_FILE: secretFileOf(first),
    OIDC_ID: first.id,
    OIDC_NAME: first.name,
    OIDC_STAFF: first.staff ? 'yes' : 'no',
    OIDC_ACR_VALUES: first.acrValues.join(' '),
    OIDC_TIMEOUT_SECONDS: String(PATIENCE),
    ...(providers.length > 0 && {
      OIDC_PROVIDERS_FILE: file('providers.json', JSON.stringify({ providers })),
    }),
    VAULT_AUDIT_KEY_FILE: file('audit.pem', String(auditKey)),
    REGISTRY_FILE: file('registry.json', JSON.stringify({ clients: [], staff: [] })),
    WEB_ORIGIN: WEB,
  };
}
