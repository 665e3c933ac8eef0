import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import vault from 'node-vault';
import { z } from 'zod';
import { PROJECT_FOLDER } from '../../../../../tools/project-folder.js';
import type { HashicorpOptions } from './hashicorp-keyring.js';
import { transport } from './transit-transport.js';

const answers = {
  role: z.object({ data: z.object({ role_id: z.string() }) }),
  secret: z.object({ data: z.object({ secret_id: z.string() }) }),
};

export interface RealServer {
  readonly address: string;
  /** of an operator who may mount engines and write policies */
  readonly token: string;
  readonly authority?: Buffer | undefined;
  readonly namespace?: string | undefined;
}

/**
 * A server that the environment names for tests. It is the token that says so, and not by the name that the command line knows: whoever
 * has `VAULT_ADDR` and `VAULT_TOKEN` set works on a server of theirs, where no test is to mount anything.
 */
export function realServer(env: NodeJS.ProcessEnv = process.env): RealServer | undefined {
  const { VAULT_ADDR, KEYRING_TEST_ADDR: address = VAULT_ADDR } = env;
  const { KEYRING_TEST_TOKEN: token, KEYRING_TEST_CACERT: file } = env;
  if (!address || !token) return undefined;
  const authority = file ? readFileSync(file) : undefined;
  return { address, token, authority, namespace: env.KEYRING_TEST_NAMESPACE };
}

/** A transit engine of its own on that server, with the policy of deploy/, and a role for it. */
export class RealTransit {
  readonly #name = `integument-test-${randomBytes(6).toString('hex')}`;
  readonly #folder = mkdtempSync(join(tmpdir(), 'integument-transit-'));
  readonly #operator: vault.client;
  #roleId = '';

  private constructor(private readonly server: RealServer) {
    const { address, token, authority, namespace = '' } = server;
    this.#operator = vault({
      endpoint: address,
      'request-promise': transport({ address, authority, timeoutMs: 10_000 }),
      debug: () => undefined,
    });
    Object.assign(this.#operator, { token, namespace, pathPrefix: '' });
  }

  static async prepare(): Promise<RealTransit> {
    const server = realServer();
    if (!server) throw new Error('the environment names no server');
    const real = new RealTransit(server);
    await real.setUp();
    return real;
  }

  get settings(): HashicorpOptions {
    const { address, authority, namespace } = this.server;
    return {
      address,
      authority,
      namespace,
      roleId: this.#roleId,
      secretIdFile: join(this.#folder, 'secret-id'),
      mount: this.#name,
      key: 'integument',
    };
  }

  async rotate(): Promise<void> {
    await this.#operator.write(`${this.#name}/keys/integument/rotate`, {});
  }

  async setOldest(version: number): Promise<void> {
    await this.#operator.write(`${this.#name}/keys/integument/config`, { min_decryption_version: version });
  }

  /** The engine trims nothing that could still be told to encrypt. */
  async trim(version: number): Promise<void> {
    const key = `${this.#name}/keys/integument`;
    await this.#operator.write(`${key}/config`, { min_encryption_version: version });
    await this.#operator.write(`${key}/trim`, { min_available_version: version });
  }

  async close(): Promise<void> {
    rmSync(this.#folder, { recursive: true, force: true });
    await this.#operator.delete(`auth/approle/role/${this.#name}`);
    await this.#operator.delete(`sys/policies/acl/${this.#name}`);
    await this.#operator.delete(`sys/mounts/${this.#name}`);
  }

  /** The steps of deploy/hashicorp-vault/set-up.sh. */
  private async setUp(): Promise<void> {
    const operator = this.#operator;
    const name = this.#name;
    await operator.write(`sys/mounts/${name}`, { type: 'transit' });
    for (const key of ['integument', 'integument-data-keys'])
      await operator.write(`${name}/keys/${key}`, { type: 'aes256-gcm96', derived: true });
    const policy = readFileSync(join(PROJECT_FOLDER, 'deploy/hashicorp-vault/policy.hcl'), 'utf8');
    const own = policy.replaceAll('"transit/', `"${name}/`);
    await operator.write(`sys/policies/acl/${name}`, { policy: own });
    // Refused where it is enabled already, by anybody.
    await operator.write('sys/auth/approle', { type: 'approle' }).catch(() => undefined);
    const role = `auth/approle/role/${name}`;
    await operator.write(role, { token_policies: [name], token_no_default_policy: true, token_ttl: '60s' });
    this.#roleId = answers.role.parse(await operator.read(`${role}/role-id`)).data.role_id;
    const secret = answers.secret.parse(await operator.write(`${role}/secret-id`, {})).data.secret_id;
    writeFileSync(join(this.#folder, 'secret-id'), secret, { mode: 0o600 });
  }
}
