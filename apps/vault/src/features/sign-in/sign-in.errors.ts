import { CodedError } from '@integument/contracts';
import { ResponseBodyError } from 'openid-client';
import { ProviderAway } from './limited-fetch.js';

/** One answer for whatever is wrong with what came back: nobody learns which of the checks it was. */
export const signInRefused = (cause?: unknown) =>
  new CodedError('sign_in.refused', 400, 'This sign-in could not be finished. Begin again.', { cause });

export const levelNotAccepted = () =>
  new CodedError('sign_in.level_not_accepted', 403, 'This sign-in was not strong enough for this provider.');

export const providerUnknown = () =>
  new CodedError('sign_in.provider_unknown', 400, 'There is no provider of this name.');

const providerUnavailable = (cause: unknown) =>
  new CodedError('sign_in.provider_unavailable', 503, 'The sign-in provider is away. Try again soon.', {
    cause,
    headers: { 'retry-after': '5' },
  });

export const logoutTokenRefused = (cause?: unknown) =>
  new CodedError('sign_in.logout_token_refused', 400, 'This logout token is not accepted.', { cause });

/** What a failure at a provider means: that it is away, or what `refused` says. Its cause stays inside: it may quote the answer. */
export function failureAtProvider(error: unknown, refused = signInRefused): CodedError {
  if (error instanceof CodedError) return error;
  return isAway(error) ? providerUnavailable(error) : refused(error);
}

/** Also where it does not know us: a wrong secret is the operator's to see, in the log, and nobody else's fault. */
function isAway(error: unknown): boolean {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth++) {
    if (cause instanceof ProviderAway) return true;
    if (cause instanceof ResponseBodyError && /^(invalid|unauthorized)_client$/.test(cause.error))
      return true;
  }
  return false;
}
