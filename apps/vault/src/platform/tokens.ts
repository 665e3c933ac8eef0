/** Injection tokens of settings that are no classes. */
export const VAULT_CONFIG = Symbol('VaultConfig');
export const ISSUER = Symbol('OIDC issuer');
