import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { AuditDuties } from '@integument/audit-http';
import { createHttpApp, findIn, type HttpApp, Periodic, parseConfig } from '@integument/http';
import { createLogger } from '@integument/telemetry';
import { freshDatabases } from '@integument/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { TestAuthority } from '../../../libs/audit-log/src/siem/certificates.fixture.js';
import { AppModule } from './app.module.js';
import { vaultConfig } from './config.js';
import { TransitServer } from './features/keyring/transit-server.fixture.js';
import { vaultPolicies } from './platform/policies.js';
import { vaultWiring } from './platform/vault-wiring.js';
import { watchKeys } from './platform/watch-keys.js';
import { SHOP } from './vault.fixture.js';

const EMAIL = 'canary@example.org';
/** Short, so that nobody waits for it; nothing below depends on how long it is. */
const GRACE_SECONDS = 0.4;
let server: TransitServer;
let app: HttpApp;
let base = '';
let log = '';
let end: () => Promise<void>;

describe.each(['off', 'on'])('while the keyring is sealed, with strict mode %s', (strict) => {
  // The whole public listener over HTTP, its keyring over TLS, its probe as main.ts starts it.
  beforeAll(async () => {
    log = '';
    const authority = await TestAuthority.create();
    server = await TransitServer.start({
      tls: await authority.issue({ type: 'ip', value: '127.0.0.1' }),
      namespace: 'shop/identity',
    });
    const folder = mkdtempSync(join(tmpdir(), 'integument-keyring-away-'));
    const { vaultUrl, drop } = await freshDatabases();
    const settings = parseConfig(vaultConfig, {
      ...settingsOf(folder, vaultUrl, authority.certificate),
      KEYRING_STRICT: strict,
    });
    const config = { ...settings, KEYRING_GRACE_SECONDS: GRACE_SECONDS };
    const stream = new PassThrough().on('data', (line) => {
      log += String(line);
    });
    const logger = createLogger({ service: 'vault', level: 'debug', stream });
    app = await createHttpApp(AppModule.with(config, logger), {
      logger,
      title: 'vault',
      description: 'under test',
      version: '0',
      publicUrl: config.VAULT_PUBLIC_URL,
      listener: 'public',
      allowedOrigins: [],
      wire: (context) => ({
        ...vaultWiring(context),
        policies: vaultPolicies,
        limits: null,
        rules: null,
        callers: { resolve: () => SHOP.caller },
      }),
    });
    app.app.get(AuditDuties, { strict: false }).start();
    const periodic = new Periodic(logger);
    periodic.all(watchKeys(findIn(app.app)));
    base = `http://127.0.0.1:${await app.listen(0, '127.0.0.1')}`;
    end = async () => {
      await periodic.close();
      await app.close();
      await drop();
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    };
  });
  afterAll(() => end());

  it('the vault goes on for the grace, then says 503 and why it isn’t ready, and is back by itself', async () => {
    await vi.waitFor(async () => expect((await ready()).status).toBe(200), 10_000);
    // On a machine that stands still for longer than the grace, the first one may come too late for it.
    await vi.waitFor(async () => expect((await enrol()).status).toBe(201), 10_000);
    server.failure = { status: 503, text: `Vault is sealed ${server.secrets.join(' ')}` };
    await vi.waitFor(async () => expect((await enrol()).status).toBe(503), 10_000);
    const refused = await enrol();
    expect(refused.body).toMatchObject({ code: 'keyring.unavailable' });
    expect(refused.retryAfter).toBe('5');
    await vi.waitFor(async () => expect((await ready()).checks).toMatchObject({ keyring: 'failed' }), 10_000);
    server.failure = undefined;
    await vi.waitFor(async () => expect((await enrol()).status).toBe(201), 10_000);
    await vi.waitFor(async () => expect((await ready()).checks).toMatchObject({ keyring: 'ok' }), 10_000);
  });

  it('each person’s key was wrapped there in strict mode, and not otherwise', () => {
    expect(server.count('POST transit/encrypt/integument-data-keys') > 0).toBe(strict === 'on');
  });

  it('the log says why, and nothing that opens anything', () => {
    expect(log).toContain('keyring.sealed');
    expect(server.secrets.length).toBeGreaterThan(1);
    for (const secret of [...server.secrets, server.roleId, EMAIL]) expect(log).not.toContain(secret);
  });
});

async function enrol() {
  const response = await fetch(`${base}/v1/people`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ fields: { email: `${Math.random()}-${EMAIL}` } }),
  });
  const body: unknown = await response.json();
  return { status: response.status, body, retryAfter: response.headers.get('retry-after') };
}

async function ready() {
  const response = await fetch(`${base}/readyz`);
  const { checks } = (await response.json()) as { checks: Record<string, string> };
  return { status: response.status, checks };
}

function settingsOf(folder: string, databaseUrl: string, authority: string): Record<string, string> {
  const file = (name: string, content: string) => {
    const path = join(folder, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  };
  const unused = file('unused', 'of no use here');
  const auditKey = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
  return {
    VAULT_DATABASE_URL: databaseUrl,
    VAULT_PUBLIC_URL: 'http://127.0.0.1:4401',
    VAULT_TLS_CA_FILE: unused,
    VAULT_TLS_CERT_FILE: unused,
    VAULT_TLS_KEY_FILE: unused,
    KEYRING: 'hashicorp',
    KEYRING_ADDR: server.address,
    KEYRING_CA_FILE: file('authority.pem', authority),
    KEYRING_ROLE_ID: server.roleId,
    KEYRING_SECRET_ID_FILE: server.settings.secretIdFile,
    KEYRING_NAMESPACE: 'shop/identity',
    OIDC_ISSUER: 'http://127.0.0.1:4404',
    OIDC_CLIENT_SECRET_FILE: unused,
    VAULT_AUDIT_KEY_FILE: file('audit.pem', String(auditKey)),
    REGISTRY_FILE: file('registry.json', JSON.stringify({ clients: [CLIENT], staff: [] })),
    WEB_ORIGIN: 'http://127.0.0.1:4400',
  };
}

const CLIENT = { id: 'brand-shop', use: 'identity', revealPurposes: ['delivery', 'support'] };
