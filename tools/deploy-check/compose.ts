import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { PROJECT_FOLDER } from '../project-folder.js';

const texts = z.array(z.string());
const mount = z.string().regex(/^[^:]+:[^:]+(:ro)?$/);
const network = z.strictObject({ aliases: texts.optional() }).nullable();
const secret = z.union([z.string(), z.strictObject({ source: z.string(), target: z.string() })]);
const healthcheck = z.union([
  z.strictObject({ disable: z.literal(true) }),
  z.strictObject({
    test: texts.min(2),
    interval: z.string(),
    timeout: z.string(),
    start_period: z.string().optional(),
  }),
]);
const dependency = z.strictObject({ condition: z.enum(['service_started', 'service_healthy']) });

/** What of the Compose specification our file uses, and nothing else: a misspelt key is one that Compose would refuse. */
const service = z.strictObject({
  build: z.string().optional(),
  image: z.string(),
  user: z.string(),
  init: z.boolean().optional(),
  read_only: z.literal(true),
  tmpfs: texts.optional(),
  cap_drop: z.tuple([z.literal('ALL')]),
  security_opt: texts,
  restart: z.literal('unless-stopped'),
  stop_grace_period: z.string().optional(),
  stop_signal: z.string().optional(),
  shm_size: z.string().optional(),
  profiles: texts.optional(),
  command: texts,
  entrypoint: texts.optional(),
  environment: z.record(z.string(), z.string()).optional(),
  network_mode: z
    .string()
    .regex(/^service:[a-z-]+$/)
    .optional(),
  networks: z.union([texts, z.record(z.string(), network)]).optional(),
  ports: texts.optional(),
  depends_on: z.union([texts, z.record(z.string(), dependency)]).optional(),
  secrets: z.array(secret).optional(),
  volumes: z.array(mount).optional(),
  healthcheck: healthcheck.optional(),
  logging: z.strictObject({ driver: z.string(), options: z.record(z.string(), z.string()) }),
});
export type Service = z.output<typeof service>;

const composeFile = z.looseObject({
  name: z.string(),
  services: z.record(z.string(), service),
  networks: z.record(z.string(), z.strictObject({ internal: z.literal(true) }).nullable()),
  volumes: z.record(z.string(), z.null()),
  secrets: z.record(z.string(), z.strictObject({ file: z.string() })),
});
export type ComposeFile = z.output<typeof composeFile>;

/**
 * Reads docker-compose.yml as Compose would, merge keys and `${NAME:?}` included.
 * @param env what the file's variables stand for
 * @throws where the file is no YAML, has a key that we don't use, or a variable is missing
 */
export function readCompose(env: Readonly<Record<string, string>>): ComposeFile {
  const text = readFileSync(join(PROJECT_FOLDER, 'docker-compose.yml'), 'utf8');
  return composeFile.parse(parse(interpolate(text, env), { merge: true }));
}

/** Names of the networks a container is on, by its own or by the service whose namespace it shares. */
export function networksOf(file: ComposeFile, name: string): string[] {
  const { network_mode, networks } = get(file, name);
  if (network_mode) return networksOf(file, network_mode.slice('service:'.length));
  return Array.isArray(networks) ? networks : Object.keys(networks ?? {});
}

/** The secrets of a service as files in its container. */
export function secretsOf(file: ComposeFile, name: string): { source: string; path: string }[] {
  return (get(file, name).secrets ?? []).map((one) => {
    const { source, target } = typeof one === 'string' ? { source: one, target: one } : one;
    return { source, path: `/run/secrets/${target}` };
  });
}

export function get(file: ComposeFile, name: string): Service {
  const found = file.services[name];
  if (!found) throw new Error(`there is no service ${name}`);
  return found;
}

function interpolate(text: string, env: Readonly<Record<string, string>>): string {
  return text
    .split('\n')
    .map((line) => (line.trimStart().startsWith('#') ? '' : line))
    .join('\n')
    .replace(/\$\{([A-Z_]+)(?::(\?|-)([^}]*))?\}/g, (_, name: string, kind?: string, fallback?: string) => {
      const value = env[name] ?? (kind === '-' ? fallback : undefined);
      if (value === undefined) throw new Error(`${name} is not set`);
      return value;
    });
}
