import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseConfig } from '@integument/http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { z } from 'zod';
import { apiConfig } from '../../apps/api/src/config.js';
import { registerFile } from '../../apps/api/src/features/register/index.js';
import { vaultConfig } from '../../apps/vault/src/config.js';
import { readConfig } from '../../apps/web/src/config.js';
import { PROJECT_FOLDER } from '../project-folder.js';
import { get, networksOf, readCompose, secretsOf } from './compose.js';

const env = readEnv(join(PROJECT_FOLDER, 'deploy/env.example'));
const file = readCompose(env);
const services = Object.keys(file.services);
const ours = services.filter((name) => get(file, name).image.startsWith('integument:'));
const apps = ours.filter((name) => get(file, name).environment);

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'integument-secrets-'));
  if (hasOpenssl()) {
    execFileSync('sh', [join(PROJECT_FOLDER, 'deploy/make-secrets.sh'), folder], { stdio: 'ignore' });
    writeFileSync(join(folder, 'oidc-client.secret'), 'of-the-provider');
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the networks of docker-compose.yml', () => {
  const reach = (from: string, to: string) =>
    networksOf(file, from).some((network) => networksOf(file, to).includes(network));

  it.each(['api', 'worker', 'web', 'redis', 'platform-postgres'])(
    'let %s reach the vault’s database by none of them: it listens inside its own pod alone',
    (name) => {
      const pod = get(file, 'vault-postgres').network_mode;
      expect(get(file, 'vault-postgres').command).toContain('listen_addresses=127.0.0.1');
      expect(get(file, 'vault').network_mode).toBe(pod);
      expect(get(file, name).network_mode).not.toBe(pod);
    },
  );

  it.each(['vault', 'web', 'hashicorp-vault'])('keep %s from the platform’s database', (name) => {
    expect(reach(name, 'platform-postgres')).toBe(false);
  });

  it('lead nowhere else where data is kept, and where the planes meet', () => {
    const leading = Object.entries(file.networks).flatMap(([name, network]) =>
      network?.internal ? [] : [name],
    );
    expect(leading.sort()).toEqual(['api-edge', 'vault-edge', 'web-edge']);
    for (const name of ['platform-postgres', 'redis', 'hashicorp-vault', 'worker']) {
      expect(networksOf(file, name).filter((network) => leading.includes(network))).toEqual([]);
    }
  });

  it('are published on loopback alone', () => {
    const ports = services.flatMap((name) => get(file, name).ports ?? []);
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  });
});

describe('every service', () => {
  it.each(services)('%s uses only what is declared', (name) => {
    for (const network of networksOf(file, name)) expect(Object.keys(file.networks)).toContain(network);
    for (const { source } of secretsOf(file, name)) expect(Object.keys(file.secrets)).toContain(source);
    const { depends_on = [], volumes = [] } = get(file, name);
    for (const other of Array.isArray(depends_on) ? depends_on : Object.keys(depends_on)) {
      expect(services).toContain(other);
    }
    for (const [from = ''] of volumes.map((volume) => volume.split(':'))) {
      // What the operator writes is not in the repository; its example is.
      const there = existsSync(
        join(PROJECT_FOLDER, from.replace(/(registry|register)\.json/, '$1.example.json')),
      );
      expect(from.startsWith('./') ? there : from in file.volumes).toBe(true);
    }
  });

  it.each(services)('%s is nobody’s root, and can gain nothing', (name) => {
    const { security_opt, user } = get(file, name);
    expect(user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(security_opt).toContain('no-new-privileges:true');
  });

  it.each(services)('%s is given its secrets as files, never in its environment', (name) => {
    const given = Object.entries(get(file, name).environment ?? {});
    expect(given.filter(([, value]) => /:\/\/[^/]*:[^/]*@/.test(value))).toEqual([]);
    const bare = given.filter(([key]) => /(SECRET|PASSWORD|_KEY)$/.test(key));
    expect(bare).toEqual([]);
  });

  it('holds a secret in one plane alone, but for the authority’s certificate', () => {
    const identity = new Set(['vault', 'vault-postgres', 'hashicorp-vault'].flatMap(sources));
    const data = ['api', 'worker', 'platform-postgres', 'redis', 'web'].flatMap(sources);
    expect([...new Set(data)].filter((source) => identity.has(source))).toEqual(['internal-ca']);
  });
});

describe('the apps', () => {
  it.each(apps)('%s runs a program that the build makes', (name) => {
    const [program = ''] = get(file, name).command;
    expect(existsSync(join(PROJECT_FOLDER, program.replace(/^dist\/(.*)\.js$/, '$1.ts')))).toBe(true);
  });

  const schemas = { vault: vaultConfig, api: apiConfig, worker: apiConfig } as const;
  it.runIf(hasOpenssl()).each(Object.keys(schemas) as (keyof typeof schemas)[])(
    '%s accepts its settings, with the secrets that deploy/make-secrets.sh makes',
    (name) => {
      expect(() => parseConfig(schemas[name] as z.ZodObject, settingsOf(name))).not.toThrow();
    },
  );

  it.each(Object.keys(schemas) as (keyof typeof schemas)[])(
    '%s is told nothing that it does not know',
    (name) => {
      const known = [...Object.keys(schemas[name].shape), 'HEALTH_PORT', 'NODE_OPTIONS', 'PGPASSFILE'];
      expect(Object.keys(get(file, name).environment ?? {}).filter((key) => !known.includes(key))).toEqual(
        [],
      );
    },
  );

  it('api accepts the register that there is an example of', () => {
    const example = readFileSync(join(PROJECT_FOLDER, 'deploy/register.example.json'), 'utf8');
    expect(registerFile.parse(JSON.parse(example)).controller.country).toBe('DE');
  });

  it('web accepts its settings', () => {
    expect(readConfig(get(file, 'web').environment ?? {})).toMatchObject({ host: '0.0.0.0', port: 4400 });
  });

  it.runIf(hasOpenssl())(
    'vault accepts its settings with the root key in HashiCorp Vault, wherever its database is',
    () => {
      const text = readFileSync(join(PROJECT_FOLDER, 'deploy/hashicorp-vault/compose.yml'), 'utf8');
      const besides = parse(text) as { services: { vault: { environment: Record<string, string> } } };
      const { environment } = besides.services.vault;
      expect(Object.keys(environment).filter((key) => !(key in vaultConfig.shape))).toEqual([]);
      const ca = {
        KEYRING_CA_FILE: join(folder, 'internal-ca.crt'),
        KEYRING_ROLE_ID: 'a-role',
        KEYRING_STRICT: 'on',
      };
      const settings = { ...settingsOf('vault'), ...environment, ...ca };
      const elsewhere = { ...settings, VAULT_DATABASE_URL: 'postgres://vault@vault-postgres/vault' };
      expect(() => parseConfig(vaultConfig, elsewhere)).not.toThrow();
      expect(statSync(join(folder, 'keyring.secret-id')).mode & 0o777).toBe(0o600);
    },
  );

  it.runIf(hasOpenssl())('vault still refuses the embedded keyring beside a database elsewhere', () => {
    const settings = { ...settingsOf('vault'), VAULT_DATABASE_URL: 'postgres://vault@vault-postgres/vault' };
    expect(() => parseConfig(vaultConfig, settings)).toThrow('KEYRING');
  });
});

describe('deploy/make-secrets.sh', () => {
  it.runIf(hasOpenssl())('makes every secret that the file names, for its owner alone', () => {
    for (const { file: path } of Object.values(file.secrets)) {
      const made = join(folder, basename(path));
      const mode = statSync(made).mode & 0o777;
      expect([basename(path), mode]).toEqual([basename(path), path.endsWith('-ca.crt') ? 0o644 : 0o600]);
    }
  });

  it.runIf(hasOpenssl())('changes nothing that is there when it runs again', () => {
    const before = readFileSync(join(folder, 'keyring.key'), 'utf8');
    execFileSync('sh', [join(PROJECT_FOLDER, 'deploy/make-secrets.sh'), folder], { stdio: 'ignore' });
    expect(readFileSync(join(folder, 'keyring.key'), 'utf8')).toBe(before);
  });
});

describe('docker compose', () => {
  it('accepts the file', ({ skip }) => {
    const client = spawnSync('docker', ['compose', 'version']);
    if (client.status !== 0) {
      console.log(
        'skipped: docker compose config, since there is no Compose here; the file was checked as YAML',
      );
      skip();
    }
    const args = ['compose', '--env-file', 'deploy/env.example', '--profile', 'keyring', 'config', '--quiet'];
    const { status, stderr } = spawnSync('docker', args, { cwd: PROJECT_FOLDER, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

function sources(name: string): string[] {
  return secretsOf(file, name).map(({ source }) => source);
}

/** A service's settings as its app would read them, its secrets being files here. */
function settingsOf(name: string): Record<string, string> {
  const here = new Map(
    secretsOf(file, name).map(({ source, path }) => [
      path,
      join(folder, basename(file.secrets[source]?.file ?? '')),
    ]),
  );
  const settings = Object.entries(get(file, name).environment ?? {});
  return Object.fromEntries(settings.map(([key, value]) => [key, here.get(value) ?? value]));
}

function readEnv(path: string): Record<string, string> {
  const lines = readFileSync(path, 'utf8').split('\n');
  return Object.fromEntries(
    lines
      .filter((line) => /^[A-Z_]+=/.test(line))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

function hasOpenssl(): boolean {
  return spawnSync('openssl', ['version']).status === 0;
}
