import { type ClientCaller, client } from '@integument/authz';
import { credential as credentialText } from '@integument/contracts';
import type { UnitOfWork } from '@integument/database';
import { CLIENT_LEASE_MS, type ClientDirectory as Directory, type Lease, Leases } from '@integument/http';
import type { RegistryStore } from './registry.store.js';

/**
 * Clients as callers, by the credential that a token names. What the database said is believed for a lease, which whoever changes a
 * client waits out; never beyond the end of the credential.
 */
export class ClientDirectory implements Directory {
  readonly #leases = new Leases<ClientCaller>({
    ms: CLIENT_LEASE_MS,
    look: (credential, lease) => this.look(credential, lease),
    keepsNothing: true,
    code: 'registry.unavailable',
  });

  constructor(
    private readonly store: RegistryStore,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  hold(credential: string) {
    return this.#leases.hold(credential);
  }

  private async look(credential: string, lease: Lease<ClientCaller>): Promise<ClientCaller | null> {
    if (!credentialText.safeParse(credential).success) return null;
    const found = await this.unitOfWork.single((tx) => {
      lease.begin();
      return this.store.findByCredential(tx, credential);
    });
    if (!found) return null;
    if (found.ends_in_ms !== null) lease.atMost(found.ends_in_ms);
    const { client_id: clientId, use, reveal_purposes: revealPurposes, dpop } = found;
    return client({ clientId, use, revealPurposes, dpop });
  }
}
