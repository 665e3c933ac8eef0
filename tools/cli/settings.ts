import { readFileSync } from 'node:fs';
import { WrongUse } from './failure.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** As whom the vault is asked, and where. */
export interface VaultSettings {
  readonly vault: URL;
  readonly issuer: URL;
  readonly clientId: string;
  readonly clientSecret: string;
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

export function isLoopback({ hostname }: URL): boolean {
  return LOOPBACK.has(hostname);
}

/**
 * Reads what identifies the client from the environment: a command line is seen by every process of the machine.
 * @throws {WrongUse} naming what is missing, all together
 */
export function readVaultSettings(environment: Environment): VaultSettings {
  const secret = secretOf(environment, 'INTEGUMENT_CLIENT_SECRET');
  const names = ['INTEGUMENT_VAULT', 'INTEGUMENT_ISSUER', 'INTEGUMENT_CLIENT'] as const;
  const missing: string[] = names.filter((name) => !environment[name]);
  if (secret === undefined) missing.push('INTEGUMENT_CLIENT_SECRET or INTEGUMENT_CLIENT_SECRET_FILE');
  if (missing.length > 0) throw new WrongUse(`not set in the environment: ${missing.join(', ')}`);
  return {
    vault: addressOf(environment, 'INTEGUMENT_VAULT'),
    issuer: addressOf(environment, 'INTEGUMENT_ISSUER'),
    clientId: environment.INTEGUMENT_CLIENT ?? '',
    clientSecret: secret ?? '',
  };
}

/** The variable itself, or the first line of the file that the variable `<name>_FILE` names. */
export function secretOf(environment: Environment, name: string): string | undefined {
  const file = environment[`${name}_FILE`];
  if (!file) return environment[name] || undefined;
  try {
    return readFileSync(file, 'utf8').trim() || undefined;
  } catch {
    throw new WrongUse(`the file that ${name}_FILE names can’t be read`);
  }
}

function addressOf(environment: Environment, name: string): URL {
  const text = environment[name] ?? '';
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) {
    throw new WrongUse(`${name} is no address of the form https://host/`);
  }
  // Plain values and secrets travel there.
  if (url.protocol !== 'https:' && !isLoopback(url)) {
    throw new WrongUse(`${name} has to begin with https://, but on this machine`);
  }
  return url;
}
