import { type Caller, client } from '@integument/authz';
import type { BearerTokensOptions } from '@integument/http';
import type { ClientDirectory } from '../features/registry/index.js';

/** Who a verified access token stands for at the vault. */
export function clientCallers(
  directory: ClientDirectory,
): Pick<BearerTokensOptions, 'callerOf' | 'strangerOf'> {
  return {
    callerOf: (claims): Caller | null => directory.find(String(claims.client_id)),
    // A token for the data plane: known, so that its refusal is written down, and of a kind that no route here lets in.
    strangerOf: (claims) => client({ clientId: String(claims.client_id), use: 'health' }),
  };
}
