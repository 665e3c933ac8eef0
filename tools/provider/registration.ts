import { type Configuration, errors, type KoaContextWithOIDC } from 'oidc-provider';
import { z } from 'zod';
import { audience } from './settings.js';

/** What of a client says which audience its tokens are for. */
export const AUDIENCE = 'audience';

/** All that somebody who registers a client may say of it: it gets tokens for itself, for one audience, and signs nobody in. */
const request = z.strictObject({ [AUDIENCE]: audience });

/** Of clients that are registered while it runs: those of the settings say each of these themselves. */
export const clientDefaults: Configuration['clientDefaults'] = {
  grant_types: ['client_credentials'],
  response_types: [],
  redirect_uris: [],
  id_token_signed_response_alg: 'ES256',
};

/** Whose token it is nobody asks: the run has made it, and it stands in a file that its owner alone reads. */
export function registration(token: string | undefined) {
  if (token === undefined) return { enabled: false } as const;
  return { enabled: true, initialAccessToken: token, issueRegistrationAccessToken: false } as const;
}

/** Looks at the request as it came: what a client may not ask for is refused, not left out. */
export const extraClientMetadata: Configuration['extraClientMetadata'] = {
  properties: [AUDIENCE],
  validator: (ctx: KoaContextWithOIDC | undefined) => {
    if (ctx?.oidc?.route !== 'registration') return;
    if (!request.safeParse(ctx.oidc.body).success)
      throw new errors.InvalidClientMetadata('a client says its audience and nothing else');
  },
};
