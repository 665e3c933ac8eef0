import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PROJECT_FOLDER } from '../project-folder.js';

const SET_UP = join(PROJECT_FOLDER, 'deploy/hashicorp-vault/set-up.sh');

/** In place of the command line of HashiCorp Vault: notes what it is called with, and knows what `there` says. */
const COMMAND = `#!/bin/sh
echo "$*" >> "$FOLDER/calls"
case "$1 $2" in
  "secrets list" | "auth list") cat "$FOLDER/there" ;;
  "read $KEY_THERE" | "read $KEY_THERE-data-keys") ;;
  "read -field=role_id") echo the-role ;;
  read*) exit 2 ;;
  "policy write") cat > "$FOLDER/policy" ;;
esac
`;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'integument-set-up-'));
  writeFileSync(join(folder, 'vault'), COMMAND, { mode: 0o700 });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function setUp(there: object, keyThere: string, settings: Record<string, string> = {}) {
  writeFileSync(join(folder, 'there'), JSON.stringify(there));
  const env = { PATH: process.env.PATH, VAULT: join(folder, 'vault'), FOLDER: folder, KEY_THERE: keyThere };
  const stdio = ['ignore', 'pipe', 'ignore'] as const;
  const printed = execFileSync('sh', [SET_UP], { env: { ...env, ...settings }, stdio: [...stdio] });
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  return { printed: printed.toString(), calls: read('calls').trim().split('\n'), policy: read('policy') };
}

const mounted = (mount: string) => ({ [mount]: { type: 'transit' }, 'approle/': { type: 'approle' } });

describe('set-up.sh', () => {
  it('makes engine, key, policy, role on an empty server, and prints the role’s id alone', () => {
    const { printed, calls, policy } = setUp({}, 'none');
    expect(printed).toBe('the-role\n');
    expect(calls).toContain('secrets enable -path=transit transit');
    expect(calls).toContain('auth enable approle');
    const keys = calls.filter((call) => call.startsWith('write transit/keys/'));
    const made = 'type=aes256-gcm96 derived=true exportable=false allow_plaintext_backup=false';
    expect(keys).toEqual([
      `write transit/keys/integument ${made}`,
      `write transit/keys/integument-data-keys ${made}`,
    ]);
    const role = calls.find((call) => call.startsWith('write auth/approle/role/integument-vault'));
    expect(role).toContain('token_policies=integument-vault token_no_default_policy=true');
    expect(policy).toBe(readFileSync(join(PROJECT_FOLDER, 'deploy/hashicorp-vault/policy.hcl'), 'utf8'));
  });

  it('leaves engine, key and sign-in as they are where they are there', () => {
    const { calls } = setUp(mounted('transit/'), 'transit/keys/integument');
    expect(calls.filter((call) => /enable|^write [^ ]*\/keys\//.test(call))).toEqual([]);
  });

  it('prepares another mount and key whole: the policy is for them and for nothing else', () => {
    const elsewhere = {
      KEYRING_TRANSIT_MOUNT: 'shop/transit',
      KEYRING_TRANSIT_KEY: 'root',
      KEYRING_STRICT_KEY: 'each',
    };
    const { calls, policy } = setUp(mounted('transit/'), 'transit/keys/integument', elsewhere);
    expect(calls).toContain('secrets enable -path=shop/transit transit');
    expect(calls.some((call) => call.startsWith('write shop/transit/keys/root type='))).toBe(true);
    const paths = [...policy.matchAll(/^path "([^"]+)"/gm)].map(([, path]) => path);
    expect(paths.sort()).toEqual([
      'auth/token/renew-self',
      'shop/transit/decrypt/each',
      'shop/transit/decrypt/root',
      'shop/transit/encrypt/each',
      'shop/transit/encrypt/root',
      'shop/transit/keys/each',
      'shop/transit/keys/root',
      'shop/transit/rewrap/root',
    ]);
  });
});
