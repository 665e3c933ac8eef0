import { type Caller, client } from '@integument/authz';
import {
  BearerTokens,
  type CallerResolver,
  type DpopProofs,
  type HttpRequest,
  unauthenticated,
} from '@integument/http';
import type { ClientDirectory } from './client-directory.js';

/** Health clients, by their access token; what they are registered for comes from the vault. */
export class ClientCallers implements CallerResolver {
  readonly #tokens: BearerTokens;

  constructor(
    private readonly directory: ClientDirectory,
    issuer: string,
    proofs: DpopProofs,
  ) {
    this.#tokens = new BearerTokens({
      issuer,
      audience: 'urn:integument:api',
      proofs,
      // Whoever it is still has to be looked up: a caller of no purposes, replaced in `resolve`.
      callerOf: (claims) => nobody(String(claims.client_id)),
      // A token for the identity plane: its refusal goes on record under the client's name.
      strangerOf: (claims) => client({ clientId: String(claims.client_id), use: 'identity' }),
    });
  }

  resolve(request: HttpRequest): Caller | null | Promise<Caller | null> {
    const found = this.#tokens.resolve(request);
    return found instanceof Promise
      ? found.then((caller) => this.registered(caller, request))
      : this.registered(found, request);
  }

  private registered(caller: Caller | null, request: HttpRequest): Caller | null | Promise<Caller | null> {
    if (caller?.kind !== 'client' || caller.use !== 'health') return caller;
    const known = this.directory.find(caller.clientId);
    return known instanceof Promise ? known.then((late) => late ?? refuse(request)) : known;
  }
}

function nobody(clientId: string): Caller {
  return client({ clientId, use: 'health', purposes: [] });
}

function refuse(request: HttpRequest): never {
  throw unauthenticated(request);
}
