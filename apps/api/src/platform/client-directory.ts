import { client } from '@integument/authz';
import { readClient } from '@integument/contracts';
import { ClientDirectory } from '@integument/http';
import type { VaultClient } from './vault-client.js';

/**
 * The registry is the vault's, which answers out of its database each time: a lease of ours that began before the question is all that
 * anybody believes. With the vault away no client is let in (503).
 */
export function clientDirectory(vault: VaultClient): ClientDirectory {
  return new ClientDirectory(async (credential, lease) => {
    lease.begin();
    const { client: found } = await vault.call(readClient, { body: { credential } });
    if (!found) return null;
    if (found.endsInMs !== null) lease.atMost(found.endsInMs);
    const { client: clientId, use, purposes, dpop } = found;
    return client({ clientId, use, purposes, dpop });
  });
}
