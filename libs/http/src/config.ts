import { readFileSync } from 'node:fs';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';

/**
 * The settings are wrong. Its message names all the wrong ones, and none of their values; of one that is a file it may say the
 * place in it (`FEEDS_FILE.feeds.0.url`).
 */
export class InvalidSettings extends Error {
  override readonly name = 'InvalidSettings';
  constructor(readonly settings: readonly string[]) {
    super(`missing or wrong settings: ${settings.join(', ')}`);
  }
}

/**
 * Reads the settings of an app from the environment, before anything else starts.
 *
 * Unknown variables are none of our business; an empty one counts as absent, as in a compose file.
 * @param schema one key for each setting, each with `.describe(…)`
 * @throws {InvalidSettings} naming every wrong setting at once
 */
export function parseConfig<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  env: Readonly<Record<string, string | undefined>>,
): z.output<z.ZodObject<Shape>> {
  const given: Record<string, string> = {};
  for (const name of Object.keys(schema.shape)) {
    const value = env[name];
    if (value !== undefined && value !== '') given[name] = value;
  }
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map((issue) => issue.path.join('.') || 'a combination');
  throw new InvalidSettings([...new Set(wrong)].sort());
}

/** Marks settings that point at a secret, for the documentation. */
const secrets = new WeakSet<z.ZodType>();

export function isSecret(schema: z.ZodType): boolean {
  return secrets.has(schema);
}

/**
 * A setting `…_FILE` that names a file with a secret; parses to the file's content without the line end. A secret itself is
 * never a setting: environments get printed, inherited and kept in crash reports.
 */
export function secretFile(meaning: string) {
  return markSecret(
    fileSetting(
      meaning,
      (bytes) => bytes.toString('utf8').replace(/\r?\n$/, ''),
      (text) => text.length > 0,
    ),
  );
}

/** The same for a key: 32 bytes as base64url. */
export function keyFile(meaning: string) {
  const decode = (bytes: Buffer) => Buffer.from(bytes.toString('utf8').trim(), 'base64url');
  return markSecret(fileSetting(meaning, decode, (key) => key.length === 32));
}

/** A setting that names a file with a secret and stays a path, because its reader opens it. */
export function secretPath(meaning: string) {
  return markSecret(z.string().min(1).describe(meaning));
}

/** A file that is no secret, a certificate say; parses to its bytes. */
export function plainFile(meaning: string) {
  return fileSetting(
    meaning,
    (bytes) => bytes,
    (bytes) => bytes.length > 0,
  );
}

/**
 * The URL of something that browsers, or we, have to trust over the network. Plain http only on loopback: elsewhere a
 * session cookie would go without `Secure`, and a provider's keys could be anybody's.
 */
export function webUrl(meaning: string) {
  return z
    .url({ protocol: /^https?$/ })
    .refine((url) => url.startsWith('https:') || isLoopback(url))
    .describe(meaning);
}

/** Networks of the proxies in front: `10.0.0.0/8,2001:db8::/32`; only theirs is the word for where a request came from. */
export function proxyNetworks() {
  return z
    .string()
    .default('')
    .transform((text) => text.split(',').flatMap((part) => part.trim() || []))
    .refine((networks) => networks.every((network) => ipaddr.isValidCIDR(network) || ipaddr.isValid(network)))
    .describe('Networks of the TLS proxies in front, whose X-Forwarded-For is believed; comma-separated');
}

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

export function isLoopback(url: string): boolean {
  return URL.canParse(url) && LOOPBACK.has(new URL(url).hostname);
}

function fileSetting<T>(meaning: string, decode: (bytes: Buffer) => T, fits: (value: T) => boolean) {
  return z
    .string()
    .transform((path, context): T => {
      try {
        const value = decode(readFileSync(path));
        if (fits(value)) return value;
      } catch {
        // Which of the two it was would name the path: the setting's name is enough.
      }
      context.addIssue({ code: 'custom' });
      return z.NEVER;
    })
    .describe(meaning);
}

function markSecret<Schema extends z.ZodType>(schema: Schema): Schema {
  secrets.add(schema);
  return schema;
}
