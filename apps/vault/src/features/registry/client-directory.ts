import { client } from '@integument/authz';
import type { UnitOfWork } from '@integument/database';
import { ClientDirectory } from '@integument/http';
import type { ClientsStore } from './clients.store.js';

/** The vault's own clients, as its database has them. */
export function clientDirectory(store: ClientsStore, unitOfWork: UnitOfWork): ClientDirectory {
  return new ClientDirectory(async (credential, lease) => {
    const found = await unitOfWork.single((tx) => {
      lease.begin();
      return store.findByCredential(tx, credential);
    });
    if (!found) return null;
    if (found.ends_in_ms !== null) lease.atMost(found.ends_in_ms);
    const { client_id: clientId, use, dpop } = found;
    const { reveal_purposes: revealPurposes, vouches_for: vouchesFor } = found;
    return client({ clientId, use, revealPurposes, vouchesFor, dpop });
  });
}
