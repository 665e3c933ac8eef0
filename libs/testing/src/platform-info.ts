import { inject } from 'vitest';

/** Programs that the supervisor keeps running. */
export type ChildName =
  | 'vault-postgres'
  | 'platform-postgres'
  | 'provider'
  | 'mail'
  | 'vault'
  | 'api'
  | 'worker'
  | 'web';

export interface DatabaseInfo {
  /** as the app's own role, which owns the database and is no superuser */
  readonly url: string;
  /** null where the server isn't ours */
  readonly superuserUrl: string | null;
  /** PostgreSQL's data folder; null where the server isn't ours */
  readonly folder: string | null;
}

export interface AuditLogInfo {
  /** the log's name in its checkpoints */
  readonly origin: string;
  /** Ed25519, SPKI in PEM */
  readonly publicKeyFile: string;
  /** the same key as a C2SP signed-note verifier key: `<origin>+<key id>+<base64>` */
  readonly verifierKey: string;
}

/**
 * What somebody outside needs to use and examine a running platform: the contents of `demo.json` in its data folder.
 * Holds secrets of the embedded run; the file is readable by its owner alone.
 */
export interface PlatformInfo {
  readonly urls: {
    readonly web: string;
    readonly vault: string;
    /** mutual TLS */
    readonly vaultInternal: string;
    readonly api: string;
    /** the embedded OpenID provider */
    readonly issuer: string;
    /** letters that the catcher has caught: a page, and `/letters.json` */
    readonly mail: string;
  };
  /** signs in any name that matches ^[a-z0-9][a-z0-9-]{0,31}$ */
  readonly demoPassword: string;
  /** by client id: sent to the provider as client_secret_basic with grant_type=client_credentials */
  readonly clients: {
    readonly 'brand-shop': { readonly secret: string; readonly audience: 'urn:integument:vault' };
    readonly 'skin-app': { readonly secret: string; readonly audience: 'urn:integument:api' };
    /** registered to prove its key with every request (RFC 9449) */
    readonly 'skin-lab': { readonly secret: string; readonly audience: 'urn:integument:api' };
  };
  /** registers a client at the embedded provider (RFC 7591), which forgets it when it ends */
  readonly registrationToken: string;
  /** who tests and tools sign in as, each with a passkey in software that is kept in `passkeyFolder` */
  readonly staff: {
    readonly privacyOfficer: string;
    readonly auditor: string;
    readonly support: string;
    readonly admin: string;
  };
  /** staff for somebody who tries it by hand: they have no second factor until one is enrolled */
  readonly demoStaff: {
    readonly privacyOfficer: string;
    readonly auditor: string;
    readonly admin: string;
  };
  /** holds keys that sign as staff of the embedded run */
  readonly passkeyFolder: string;
  /** files of the certificate by which the API shows itself to the vault */
  readonly apiTls: { readonly ca: string; readonly certificate: string; readonly key: string };
  readonly databases: { readonly vault: DatabaseInfo; readonly platform: DatabaseInfo };
  readonly audit: { readonly vault: AuditLogInfo; readonly api: AuditLogInfo };
  readonly dataFolder: string;
  /** `<name>.log` for each child, older lines in `<name>.log.1` */
  readonly logFolder: string;
  /** `<name>.json` with the `pid` of each running child */
  readonly runFolder: string;
}

/** A provider beside the embedded one, at which nobody is staff: only while tests run. */
export interface SecondProviderInfo {
  readonly id: string;
  readonly issuer: string;
  /** signs in any name, as the embedded one's does */
  readonly password: string;
}

declare module 'vitest' {
  export interface ProvidedContext {
    platform: PlatformInfo;
    secondProvider: SecondProviderInfo;
  }
}

/** The platform that runs for the end-to-end tests. */
export function platform(): PlatformInfo {
  return inject('platform');
}

export function secondProvider(): SecondProviderInfo {
  return inject('secondProvider');
}
