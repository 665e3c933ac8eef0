import { type ClientCaller, client } from '@integument/authz';
import { credential as credentialText, readClient } from '@integument/contracts';
import { CLIENT_LEASE_MS, type ClientDirectory as Directory, type Lease, Leases } from '@integument/http';
import type { VaultClient } from './vault-client.js';

/**
 * Clients as callers, by the credential that a token names. The registry is the vault's, which answers out of its database each time:
 * a lease of ours that began before the question is all that anybody believes. With the vault away no client is let in (503).
 */
export class ClientDirectory implements Directory {
  readonly #leases = new Leases<ClientCaller>({
    ms: CLIENT_LEASE_MS,
    look: (credential, lease) => this.look(credential, lease),
    keepsNothing: true,
    code: 'registry.unavailable',
  });

  constructor(private readonly vault: VaultClient) {}

  hold(credential: string) {
    return this.#leases.hold(credential);
  }

  private async look(text: string, lease: Lease<ClientCaller>): Promise<ClientCaller | null> {
    const credential = credentialText.safeParse(text);
    if (!credential.success) return null;
    lease.begin();
    const { client: found } = await this.vault.call(readClient, { body: { credential: credential.data } });
    if (!found) return null;
    if (found.endsInMs !== null) lease.atMost(found.endsInMs);
    const { client: clientId, use, purposes, dpop } = found;
    return client({ clientId, use, purposes, dpop });
  }
}
