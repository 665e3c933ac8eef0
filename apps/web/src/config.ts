import { z } from 'zod';

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);
const origin = z.url({ protocol: /^https?$/ }).transform((url) => new URL(url).origin);

/** Settings of apps/web. `docs/configuration.md` is generated from here. */
export const webConfig = z
  .object({
    WEB_HOST: z.string().min(1).default('127.0.0.1').describe('Address to listen on'),
    WEB_PORT: z.coerce.number().int().min(1).max(65_535).default(4400).describe('Port to listen on'),
    VAULT_PUBLIC_URL: origin.describe('Where browsers find the vault'),
    API_PUBLIC_URL: origin.describe('Where browsers find the API'),
  })
  .superRefine(({ VAULT_PUBLIC_URL, API_PUBLIC_URL }, issues) => {
    const [vault, api] = [new URL(VAULT_PUBLIC_URL).hostname, new URL(API_PUBLIC_URL).hostname];
    // Cookies know hosts and no ports: on one host each app would be sent the session of the other.
    if (vault === api && !LOOPBACK.has(vault)) {
      issues.addIssue({ code: 'custom', path: ['API_PUBLIC_URL'], message: 'a host of its own' });
    }
  });

export interface WebConfig {
  readonly host: string;
  readonly port: number;
  /** origins, without a path */
  readonly vault: string;
  readonly api: string;
}

/** Reads the settings; names all wrong ones together and shows none. */
export function readConfig(env: NodeJS.ProcessEnv): WebConfig {
  const read = webConfig.safeParse(env);
  if (!read.success) {
    const wrong = [...new Set(read.error.issues.map((issue) => issue.path.join('.')))].sort();
    throw new Error(`these settings are missing or wrong: ${wrong.join(', ')}`);
  }
  const { WEB_HOST, WEB_PORT, VAULT_PUBLIC_URL, API_PUBLIC_URL } = read.data;
  return { host: WEB_HOST, port: WEB_PORT, vault: VAULT_PUBLIC_URL, api: API_PUBLIC_URL };
}
