import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { AuditLogInfo, PlatformInfo } from '@integument/testing';
import type { ProviderSettings } from '../provider/settings.js';
import { ensureAuthority, ensureCertificate, type KeyPairFiles } from './certificates.js';
import type { DataFolder } from './data-folder.js';
import { DEMO_CATALOGUE } from './demo-catalogue.js';
import { DEMO_REGISTER } from './demo-register.js';
import { readOrMake, SECRET, writeAtomically } from './files.js';
import {
  ensureAuditKey,
  ensureKeyFile,
  ensureReceiptKey,
  ensureSecretFile,
  ensureSecrets,
  type Secrets,
} from './secrets.js';
import type { Ports, RunSettings } from './settings.js';

/** Files with the keys that one app reads; another app's are never among its settings. */
export interface AppKeys {
  readonly authority: string;
  readonly vaultTls: KeyPairFiles;
  readonly apiTls: KeyPairFiles;
  readonly keyringKey: string;
  readonly relyingPartySecret: string;
  readonly platformSecret: string;
  readonly receiptKey: string;
  readonly vaultAudit: { readonly file: string; readonly info: AuditLogInfo };
  readonly apiAudit: { readonly file: string; readonly info: AuditLogInfo };
}

/** Everything that is decided before the first process starts. */
export interface Blueprint {
  readonly settings: RunSettings;
  readonly folder: DataFolder;
  readonly urls: PlatformInfo['urls'];
  readonly secrets: Secrets;
  readonly keys: AppKeys;
  readonly providerFile: string;
}

export const RELYING_PARTY = 'integument';
/** For whoever tries it by hand. */
export const DEMO_STAFF = { privacyOfficer: 'olivia', auditor: 'arthur', admin: 'adam' } as const;
/** Tests and tools have staff of their own: a second factor that somebody enrols by hand is none that they could use. */
export const STAFF = {
  privacyOfficer: 'tools-officer',
  auditor: 'tools-auditor',
  support: 'tools-support',
  admin: 'tools-admin',
} as const;

/** Makes what is missing: secrets, keys, certificates, the provider's settings, the vault's registry and catalogue, the API's register. */
export async function drawBlueprint(
  settings: RunSettings,
  folder: DataFolder,
  now: Date,
): Promise<Blueprint> {
  const secrets = ensureSecrets(folder.secrets);
  const urls = urlsAt(settings.ports);
  const keys = await ensureKeys(folder, secrets, now);
  const blueprint = {
    settings,
    folder,
    urls,
    secrets,
    keys,
    providerFile: join(folder.provider, 'provider.json'),
  };
  writeAtomically(blueprint.providerFile, JSON.stringify(providerSettings(blueprint), null, 2), SECRET);
  writeAtomically(folder.registry, JSON.stringify(registry(urls.issuer), null, 2), SECRET);
  writeAtomically(folder.catalogue, JSON.stringify(DEMO_CATALOGUE, null, 2), SECRET);
  writeAtomically(folder.register, JSON.stringify(DEMO_REGISTER, null, 2), SECRET);
  return blueprint;
}

/**
 * What a browser visits is called localhost, since passkeys are bound to a domain, and an IP address is none. The provider keeps its
 * number: its issuer is half of each account's name, so with another one everybody in an older data folder would be a stranger.
 */
export function urlsAt(ports: Ports): PlatformInfo['urls'] {
  return {
    web: `http://localhost:${ports.web}`,
    vault: `http://localhost:${ports.vault}`,
    vaultInternal: `https://127.0.0.1:${ports.vaultInternal}`,
    api: `http://localhost:${ports.api}`,
    issuer: `http://127.0.0.1:${ports.provider}`,
    mail: `http://127.0.0.1:${ports.mailPage}`,
  };
}

async function ensureKeys(folder: DataFolder, secrets: Secrets, now: Date): Promise<AppKeys> {
  const pair = (place: string, name: string) => ({
    certificate: join(place, `${name}.crt`),
    key: join(place, `${name}.key`),
  });
  const authority = pair(folder.authority, 'authority');
  const vaultTls = pair(folder.vault, 'internal');
  const apiTls = pair(folder.api, 'client');
  await ensureAuthority(authority, now);
  const spiffe = (app: string) => ({
    commonName: `Integument ${app}`,
    spiffeId: `spiffe://integument/${app}`,
  });
  await ensureCertificate(vaultTls, authority, { ...spiffe('vault'), use: 'server' }, now);
  await ensureCertificate(apiTls, authority, { ...spiffe('api'), use: 'client' }, now);
  return {
    authority: authority.certificate,
    vaultTls,
    apiTls,
    keyringKey: ensureKeyFile(join(folder.vault, 'keyring.key')),
    relyingPartySecret: ensureSecretFile(join(folder.vault, 'oidc-client.secret'), secrets.relyingParty),
    platformSecret: ensureKeyFile(join(folder.api, 'platform.secret')),
    receiptKey: ensureReceiptKey(join(folder.api, 'receipt-signing.pem')),
    vaultAudit: ensureAuditKey(folder.vault, `integument.local/${secrets.installation}/vault`),
    apiAudit: ensureAuditKey(folder.api, `integument.local/${secrets.installation}/api`),
  };
}

function providerSettings({ folder, secrets, settings, urls }: Omit<Blueprint, 'keys'>): ProviderSettings {
  const kept = JSON.parse(readOrMake(join(folder.provider, 'keys.json'), newProviderKeys)) as ProviderKeys;
  return {
    issuer: urls.issuer,
    port: settings.ports.provider,
    demoPassword: secrets.demoPassword,
    relyingParty: {
      id: RELYING_PARTY,
      secret: secrets.relyingParty,
      redirectUri: `${urls.vault}/v1/sign-in/callback`,
      backchannelLogoutUri: `${urls.vault}/v1/sign-in/back-channel-logout`,
      postLogoutRedirectUris: [urls.web, `${urls.web}/`],
    },
    origins: [urls.vault, urls.web],
    clients: [
      { id: 'brand-shop', secret: secrets.brandShop, audience: 'urn:integument:vault' },
      { id: 'skin-app', secret: secrets.skinApp, audience: 'urn:integument:api' },
      { id: 'skin-lab', secret: secrets.skinLab, audience: 'urn:integument:api' },
    ],
    registrationToken: secrets.clientRegistration,
    ...kept,
  };
}

type ProviderKeys = Pick<ProviderSettings, 'keys' | 'cookieKeys'>;

/** Kept across starts, so that tokens given before a restart stay good. */
function newProviderKeys(): string {
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
  const kid = randomBytes(6).toString('base64url');
  const keys: ProviderKeys = {
    keys: [{ ...key, alg: 'ES256', use: 'sig', kid }],
    cookieKeys: [randomBytes(24).toString('base64url')],
  };
  return JSON.stringify(keys);
}

/** What the vault lets clients and staff do; applied at its start. */
function registry(issuer: string): object {
  return {
    clients: [
      {
        id: 'brand-shop',
        use: 'identity',
        revealPurposes: ['delivery', 'support'],
        vouchesFor: ['consents', 'guardianships'],
      },
      { id: 'skin-app', use: 'health', purposes: ['ingest', 'recommendation'] },
      { id: 'skin-lab', use: 'health', purposes: ['ingest'], dpop: true },
    ],
    staff: [
      { issuer, subject: DEMO_STAFF.privacyOfficer, roles: ['privacy-officer'] },
      { issuer, subject: DEMO_STAFF.auditor, roles: ['auditor'] },
      { issuer, subject: DEMO_STAFF.admin, roles: ['admin'] },
      { issuer, subject: STAFF.privacyOfficer, roles: ['privacy-officer'] },
      { issuer, subject: STAFF.auditor, roles: ['auditor'] },
      { issuer, subject: STAFF.support, roles: ['support'] },
      { issuer, subject: STAFF.admin, roles: ['admin'] },
    ],
  };
}
