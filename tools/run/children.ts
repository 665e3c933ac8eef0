import { join } from 'node:path';
import { logSettings } from '@integument/audit-http';
import { limitSettings } from '@integument/http';
import type { ChildName } from '@integument/testing';
import { mailSettings } from '../../apps/vault/src/mail-settings.js';
import { openIdSettings } from '../../apps/vault/src/openid-providers.js';
import type { Command } from '../postgres/server.js';
import { DIST_FOLDER, PROJECT_FOLDER } from '../project-folder.js';
import { type Blueprint, RELYING_PARTY } from './blueprint.js';
import { answers, type ChildSpec } from './child.js';
import type { RunSettings } from './settings.js';

/** postgres:// URLs of the two databases, each with the role of its app. */
export interface DatabaseUrls {
  readonly vault: string;
  readonly platform: string;
}

/** A program of ours: what it is called, where it starts, what it is told. */
interface App {
  readonly name: ChildName;
  readonly title: string;
  /** in the build */
  readonly entry: string;
  readonly settings: Readonly<Record<string, string>>;
  /** settings that it takes over from the supervisor's own environment where they are there */
  readonly passedOn: readonly string[];
  /** answers 200 once it can do its work; one that doesn't listen has to stay up for a while */
  readonly readyUrl?: string;
  /** megabytes of objects at most; where it isn't said, a thousand */
  readonly heapMb?: number;
  /** and of a half of the new ones; where it isn't said, 8 */
  readonly youngMb?: number;
}

/** Where the audit logs go besides their databases, and how long one may go unsigned: the same for both. */
export const OF_THE_LOG: readonly string[] = Object.keys(logSettings).filter(
  (name) => name !== 'AUDIT_ANCHOR_FILE',
);

/** Of the sign-in: more providers than the embedded one, and what that one is called and good for. */
export const OF_SIGN_IN: readonly string[] = Object.keys(openIdSettings).filter(
  (name) => !['OIDC_ISSUER', 'OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET_FILE'].includes(name),
);

/** How much each caller may send: the same for both. */
export const OF_LIMITS: readonly string[] = Object.keys(limitSettings);

/** Of letters: another mail server than the catcher, and the language. */
export const OF_MAIL: readonly string[] = Object.keys(mailSettings);

const HOST = '127.0.0.1';
/** A worker that finds its settings or its database wrong has ended by then. */
const STEADY_MS = 2_000;

/** Everything but the databases, in the order of starting; stopping goes the other way. */
export function apps(blueprint: Blueprint, databases: DatabaseUrls): ChildSpec[][] {
  const { urls } = blueprint;
  const provider: App = {
    name: 'provider',
    title: 'the OpenID provider',
    entry: 'tools/provider/main.js',
    settings: { PROVIDER_FILE: blueprint.providerFile },
    passedOn: [],
    readyUrl: `${urls.issuer}/readyz`,
  };
  const mail: App = {
    name: 'mail',
    title: 'the mail catcher',
    entry: 'tools/mail/main.js',
    settings: {
      MAIL_CATCHER_PORT: String(blueprint.settings.ports.mail),
      MAIL_PAGE_PORT: String(blueprint.settings.ports.mailPage),
    },
    passedOn: [],
    readyUrl: `${urls.mail}/readyz`,
  };
  const vault: App = {
    name: 'vault',
    title: 'the vault',
    entry: 'apps/vault/src/main.js',
    settings: vaultSettings(blueprint, databases.vault),
    passedOn: [
      'LOG_LEVEL',
      'VAULT_DATABASE_POOL',
      'VAULT_CATALOGUE_FILE',
      ...OF_SIGN_IN,
      ...OF_MAIL,
      ...OF_LIMITS,
      ...OF_THE_LOG,
    ],
    readyUrl: `${urls.vault}/readyz`,
    heapMb: 384,
    youngMb: 4,
  };
  const apiEnvironment = {
    settings: apiSettings(blueprint, databases.platform),
    passedOn: [
      'LOG_LEVEL',
      'PLATFORM_DATABASE_POOL',
      'QUEUE_URL',
      'GATE_PATIENCE_SECONDS',
      'COHORT_MINIMUM',
      'COHORT_QUESTIONS_A_DAY',
      ...OF_LIMITS,
      ...OF_THE_LOG,
    ],
  };
  const api: App = {
    name: 'api',
    title: 'the API',
    entry: 'apps/api/src/main.js',
    ...apiEnvironment,
    readyUrl: `${urls.api}/readyz`,
  };
  const worker: App = {
    name: 'worker',
    title: "the API's worker",
    entry: 'apps/api/src/worker.js',
    ...apiEnvironment,
  };
  const web: App = {
    name: 'web',
    title: 'the first page',
    entry: 'apps/web/src/main.js',
    settings: webSettings(blueprint),
    passedOn: [],
    readyUrl: `${urls.web}/readyz`,
  };
  const order = [[provider, mail], [vault], [api, worker, web]];
  return order.map((group) => group.map((app) => childSpec(app, blueprint.settings.environment)));
}

function vaultSettings(
  { folder, keys, settings, urls }: Blueprint,
  databaseUrl: string,
): Record<string, string> {
  return {
    VAULT_DATABASE_URL: databaseUrl,
    VAULT_PUBLIC_URL: urls.vault,
    VAULT_HOST: HOST,
    VAULT_PORT: String(settings.ports.vault),
    VAULT_INTERNAL_HOST: HOST,
    VAULT_INTERNAL_PORT: String(settings.ports.vaultInternal),
    VAULT_TLS_CA_FILE: keys.authority,
    VAULT_TLS_CERT_FILE: keys.vaultTls.certificate,
    VAULT_TLS_KEY_FILE: keys.vaultTls.key,
    KEYRING: 'embedded',
    KEYRING_FILE: join(folder.vault, 'keyring.sealed'),
    KEYRING_KEY_FILE: keys.keyringKey,
    OIDC_ISSUER: urls.issuer,
    OIDC_CLIENT_ID: RELYING_PARTY,
    OIDC_CLIENT_SECRET_FILE: keys.relyingPartySecret,
    VAULT_AUDIT_KEY_FILE: keys.vaultAudit.file,
    VAULT_AUDIT_ORIGIN: keys.vaultAudit.info.origin,
    AUDIT_ANCHOR_FILE: join(folder.anchors, 'vault.notes'),
    REGISTRY_FILE: folder.registry,
    // One of one's own takes the place of the demonstration's.
    VAULT_CATALOGUE_FILE: settings.environment.VAULT_CATALOGUE_FILE ?? folder.catalogue,
    WEB_ORIGIN: urls.web,
    // Everything of this run is on this machine; so are those who try webhooks.
    WEBHOOK_LOOPBACK: 'on',
    ...(settings.environment.MAIL_URL === undefined && toCatcher(settings.ports)),
  };
}

function toCatcher(ports: RunSettings['ports']): Record<string, string> {
  return { MAIL_URL: `smtp://${HOST}:${ports.mail}`, MAIL_FROM: 'The demo <letters@integument.example>' };
}

function apiSettings(
  { folder, keys, settings, urls }: Blueprint,
  databaseUrl: string,
): Record<string, string> {
  return {
    PLATFORM_DATABASE_URL: databaseUrl,
    API_PUBLIC_URL: urls.api,
    API_HOST: HOST,
    API_PORT: String(settings.ports.api),
    VAULT_INTERNAL_URL: urls.vaultInternal,
    API_TLS_CA_FILE: keys.authority,
    API_TLS_CERT_FILE: keys.apiTls.certificate,
    API_TLS_KEY_FILE: keys.apiTls.key,
    PLATFORM_SECRET_FILE: keys.platformSecret,
    // One of one's own takes the place of the demonstration's.
    REGISTER_FILE: settings.environment.REGISTER_FILE ?? folder.register,
    RECEIPT_KEY_FILE: keys.receiptKey,
    OIDC_ISSUER: urls.issuer,
    API_AUDIT_KEY_FILE: keys.apiAudit.file,
    API_AUDIT_ORIGIN: keys.apiAudit.info.origin,
    AUDIT_ANCHOR_FILE: join(folder.anchors, 'api.notes'),
    WEB_ORIGIN: urls.web,
  };
}

function webSettings({ settings, urls }: Blueprint): Record<string, string> {
  return {
    WEB_HOST: HOST,
    WEB_PORT: String(settings.ports.web),
    VAULT_PUBLIC_URL: urls.vault,
    API_PUBLIC_URL: urls.api,
  };
}

function childSpec(app: App, environment: Readonly<Record<string, string | undefined>>): ChildSpec {
  const { readyUrl } = app;
  return {
    name: app.name,
    title: app.title,
    stopSignal: 'SIGTERM',
    ready: (runningMs) => (readyUrl ? answers(readyUrl) : Promise.resolve(runningMs > STEADY_MS)),
    command: command(app, environment),
  };
}

/**
 * As the image and docker-compose.yml set it. Where V8 may take gigabytes it lets garbage come to three times what is alive before it
 * collects; under a lower bound it collects earlier, and what batches leave behind doesn't stay. Without source maps, which Node.js would
 * keep parsed of every package: they lie beside the build for whoever reads a stack.
 */
function nodeOptions({ heapMb = 1_024, youngMb = 8 }: App): string {
  return `--max-old-space-size=${heapMb} --max-semi-space-size=${youngMb}`;
}

/** How many heaps of its own glibc makes for a process: of one for each thread, most is never given back. */
const MALLOC_ARENA_MAX = '2';

/**
 * An app gets its own settings and little else: with the whole environment passed on, the API would hold the vault's
 * database URL where an outside one is set.
 */
function command(app: App, environment: Readonly<Record<string, string | undefined>>): Command {
  const always = ['PATH', 'HOME', 'TZ'];
  const taken = [...always, ...app.passedOn].flatMap((name) => {
    const value = environment[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    program: process.execPath,
    args: [join(DIST_FOLDER, app.entry)],
    env: {
      NODE_ENV: 'production',
      MALLOC_ARENA_MAX: environment.MALLOC_ARENA_MAX ?? MALLOC_ARENA_MAX,
      // Of an option that is set twice, the last one counts.
      NODE_OPTIONS: `${nodeOptions(app)} ${environment.NODE_OPTIONS ?? ''}`.trim(),
      ...Object.fromEntries(taken),
      ...app.settings,
    },
    cwd: PROJECT_FOLDER,
    account: undefined,
  };
}
