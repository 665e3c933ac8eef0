import { type ClientCaller, client } from '@integument/authz';
import { type Credential, credential } from '@integument/contracts';
import type { BearerTokensOptions } from './bearer-tokens.js';
import { CLIENT_LEASE_MS, type Lease } from './leases/lease.js';
import { Leases } from './leases/leases.js';
import type { HttpRequest } from './request.js';
import { andThen, type Soon } from './soon.js';

/**
 * Whom a credential lets in just now: calls `lease.begin()` when the question is about to be sent, and `lease.atMost()` where the answer
 * says when the credential ends.
 */
export type ClientLookUp = (
  credential: Credential,
  lease: Lease<ClientCaller>,
) => Promise<ClientCaller | null>;

/**
 * Registered clients as callers, by the client ids that the provider knows their programs by. What was read is believed for a lease, which
 * whoever changes a client waits out.
 */
export class ClientDirectory {
  readonly #leases: Leases<ClientCaller>;

  constructor(lookUp: ClientLookUp) {
    this.#leases = new Leases({
      ms: CLIENT_LEASE_MS,
      look: async (text, lease) => {
        const parsed = credential.safeParse(text);
        return parsed.success ? lookUp(parsed.data, lease) : null;
      },
      keepsNothing: true,
      code: 'registry.unavailable',
    });
  }

  /** @returns a lease of null for a credential that lets nobody in just now */
  hold(credential: string): Soon<Lease<ClientCaller>> {
    return this.#leases.hold(credential);
  }
}

/**
 * Who a verified access token stands for. The token names a credential; who that is, the registry says: what a client may do, has
 * done and has sent hangs on its own id, which outlives its credentials.
 * @param use of the clients that this app is for
 */
export function clientCallers(
  use: ClientCaller['use'],
  directory: ClientDirectory,
): Pick<BearerTokensOptions, 'callerOf' | 'strangerOf'> {
  const other = use === 'identity' ? 'health' : 'identity';
  const letIn = (lease: Lease<ClientCaller>, request: HttpRequest) => {
    if (lease.found?.use !== use) return null;
    request.lease = lease;
    return lease.found;
  };
  return {
    callerOf: ({ client_id }, request) => {
      const held = directory.hold(String(client_id));
      return held instanceof Promise ? held.then((lease) => letIn(lease, request)) : letIn(held, request);
    },
    // A token for the other plane: its refusal goes on record under the client's name, as one that no route here lets in.
    strangerOf: ({ client_id }) =>
      andThen(
        directory.hold(String(client_id)),
        ({ found }) => found && client({ clientId: found.clientId, use: other }),
      ),
  };
}
