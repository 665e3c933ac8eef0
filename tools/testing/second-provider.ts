import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SecondProviderInfo } from '@integument/testing';
import { freePorts } from '../ports.js';
import { createProviderServer } from '../provider/server.js';

/** A second OpenID provider, in the process of the tests, and the file that tells the vault of it. */
export interface SecondProvider {
  readonly info: SecondProviderInfo;
  /** for `OIDC_PROVIDERS_FILE` */
  readonly file: string;
  close(): void;
}

const secret = () => randomBytes(18).toString('base64url');

/** @param vault its public URL */
export async function startSecondProvider(vault: string, web: string): Promise<SecondProvider> {
  const [port = 0] = await freePorts(1);
  const folder = mkdtempSync(join(tmpdir(), 'integument-second-'));
  const id = 'second';
  const issuer = `http://127.0.0.1:${port}`;
  const clientSecret = secret();
  const password = secret();
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
  const server = createProviderServer({
    issuer,
    port,
    demoPassword: password,
    relyingParty: {
      id: 'integument',
      secret: clientSecret,
      redirectUri: `${vault}/v1/sign-in/callback/${id}`,
      backchannelLogoutUri: `${vault}/v1/sign-in/back-channel-logout`,
      postLogoutRedirectUris: [web],
    },
    origins: [vault, web],
    clients: [],
    keys: [{ ...key, alg: 'ES256', use: 'sig', kid: 'second' }],
    cookieKeys: [secret()],
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    info: { id, issuer, password },
    file: writeFiles(
      folder,
      { id, name: 'Second', issuer, clientId: 'integument', staff: false },
      clientSecret,
    ),
    close: () => {
      server.closeAllConnections();
      server.close();
      rmSync(folder, { recursive: true });
    },
  };
}

function writeFiles(
  folder: string,
  provider: Readonly<Record<string, unknown>>,
  clientSecret: string,
): string {
  const clientSecretFile = join(folder, 'second-provider.secret');
  writeFileSync(clientSecretFile, clientSecret, { mode: 0o600 });
  const file = join(folder, 'second-provider.json');
  writeFileSync(file, JSON.stringify({ providers: [{ ...provider, clientSecretFile }] }), { mode: 0o600 });
  return file;
}
