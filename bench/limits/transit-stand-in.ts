import { TransitServer } from '../../apps/vault/src/features/keyring/transit-server.fixture.js';
import { answerQuestions } from '../side-process.js';

/** How the vault is set up for it. */
export interface TransitAddress {
  readonly address: string;
  readonly roleId: string;
  readonly secretIdFile: string;
}

/** A stand-in of HashiCorp Vault over a real socket, in a process of its own as the real one. */
async function serve(): Promise<TransitAddress> {
  const server = await TransitServer.start();
  // With the bench, however that ends: its folder holds a secret.
  process.on('exit', () => void server.close());
  const { address, roleId, secretIdFile } = server.settings;
  return { address, roleId, secretIdFile };
}

answerQuestions(serve);
