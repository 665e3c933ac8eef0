import { isLoopback, plainFile, secretPath, webUrl } from '@integument/http';
import { z } from 'zod';

const name = /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/;
const path = /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}(\/[A-Za-z0-9][A-Za-z0-9_-]{0,127}){0,9}$/;

/** What holds the root key. Each kind has settings of its own; `checkKeyring` asks for one kind's, whole. */
export const keyringSettings = {
  KEYRING: z
    .enum(['embedded', 'hashicorp'])
    .default('embedded')
    .describe('What holds the root key; `hashicorp` is HashiCorp Vault or OpenBao'),
  KEYRING_FILE: z
    .string()
    .optional()
    .describe('Embedded: the sealed file; made at first start, with a backup beside it. Required there'),
  KEYRING_KEY_FILE: secretPath(
    'Embedded: file with the secret that seals it (32 bytes, base64url). Required there, or a passphrase',
  ).optional(),
  KEYRING_PASSPHRASE_FILE: secretPath(
    'Embedded: file with a passphrase of 16 characters or more that seals it, in place of the key file',
  ).optional(),
  KEYRING_ADDR: webUrl('HashiCorp: its address, https but on loopback. Required there').optional(),
  KEYRING_CA_FILE: plainFile(
    'HashiCorp: the one authority that its certificate may come from (PEM). Required with https',
  ).optional(),
  KEYRING_ROLE_ID: z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/)
    .optional()
    .describe('HashiCorp: role of the vault (AppRole). Required there'),
  KEYRING_SECRET_ID_FILE: secretPath(
    'HashiCorp: file with the role’s secret, read at each sign-in. Required there',
  ).optional(),
  KEYRING_NAMESPACE: z.string().regex(path).optional().describe('HashiCorp: namespace'),
  KEYRING_TRANSIT_MOUNT: z
    .string()
    .regex(path)
    .default('transit')
    .describe('HashiCorp: where the transit engine is mounted'),
  KEYRING_TRANSIT_KEY: z
    .string()
    .regex(name)
    .default('integument')
    .describe('HashiCorp: name of the root key in it'),
  KEYRING_GRACE_SECONDS: z.coerce
    .number()
    .int()
    .min(10)
    .max(86_400)
    .default(300)
    .describe('HashiCorp: how long what is unlocked goes on while the keyring can’t be asked'),
  KEYRING_STRICT: z
    .enum(['off', 'leaving', 'on'])
    .default('off')
    .describe(
      'HashiCorp: `on` has it unwrap each data key of its own; `leaving` still opens such keys and makes none',
    ),
  KEYRING_STRICT_KEY: z
    .string()
    .regex(name)
    .default('integument-data-keys')
    .describe('HashiCorp: name of the key in the transit engine that strict mode uses beside the root key'),
  KEYRING_STRICT_SECONDS: z.coerce
    .number()
    .int()
    .min(5)
    .max(60)
    .default(60)
    .describe(
      'HashiCorp: how long a data key that it has unwrapped in strict mode can be used without asking again',
    ),
};

export type KeyringConfig = z.output<z.ZodObject<typeof keyringSettings>>;

const OF = {
  embedded: ['KEYRING_FILE', 'KEYRING_KEY_FILE', 'KEYRING_PASSPHRASE_FILE'],
  hashicorp: ['KEYRING_ADDR', 'KEYRING_ROLE_ID', 'KEYRING_SECRET_ID_FILE'],
} as const;
const ALSO_HASHICORP = ['KEYRING_CA_FILE', 'KEYRING_NAMESPACE'] as const;

/**
 * One kind's settings whole, and none of the other's: whoever writes an address and forgets `KEYRING=hashicorp` would
 * otherwise have the root key in a file, and not know.
 */
export function checkKeyring(
  config: KeyringConfig & { VAULT_DATABASE_URL: string },
  issues: z.core.$RefinementCtx,
): void {
  const refuse = (setting: string) => issues.addIssue({ code: 'custom', path: [setting] });
  const embedded = config.KEYRING === 'embedded';
  const asked: readonly (keyof KeyringConfig)[] = embedded ? embeddedAsks(config) : OF.hashicorp;
  const foreign: readonly (keyof KeyringConfig)[] = embedded
    ? [...OF.hashicorp, ...ALSO_HASHICORP]
    : OF.embedded;
  for (const setting of asked) if (config[setting] === undefined) refuse(setting);
  for (const setting of foreign) if (config[setting] !== undefined) refuse(setting);
  // Of two that seal, one would be believed to.
  if (config.KEYRING_KEY_FILE && config.KEYRING_PASSPHRASE_FILE) refuse('KEYRING_PASSPHRASE_FILE');
  // The embedded keyring keeps the root key beside the app: good for one machine, not for a database elsewhere.
  if (embedded && !isLoopback(config.VAULT_DATABASE_URL)) refuse('KEYRING');
  // Whoever asked for it would believe that each key is unwrapped elsewhere.
  if (embedded && config.KEYRING_STRICT !== 'off') refuse('KEYRING_STRICT');
  // Old versions of the root key are destroyed on a schedule, and what lies under them would go along.
  if (config.KEYRING_STRICT_KEY === config.KEYRING_TRANSIT_KEY) refuse('KEYRING_STRICT_KEY');
  if (config.KEYRING_ADDR?.startsWith('https:') && !config.KEYRING_CA_FILE) refuse('KEYRING_CA_FILE');
}

function embeddedAsks(config: KeyringConfig): readonly (keyof KeyringConfig)[] {
  return config.KEYRING_PASSPHRASE_FILE ? ['KEYRING_FILE'] : ['KEYRING_FILE', 'KEYRING_KEY_FILE'];
}

/** What the adapter is opened with, once `checkKeyring` has found all of it. */
export function hashicorpSettings(config: KeyringConfig) {
  const { KEYRING_ADDR: address = '', KEYRING_ROLE_ID: roleId = '' } = config;
  return {
    address,
    roleId,
    secretIdFile: config.KEYRING_SECRET_ID_FILE ?? '',
    authority: config.KEYRING_CA_FILE,
    namespace: config.KEYRING_NAMESPACE,
    mount: config.KEYRING_TRANSIT_MOUNT,
    key: config.KEYRING_TRANSIT_KEY,
  };
}
