import { CodedError, notFound } from '@integument/contracts';

const conflict = (code: `clients.${string}`, text: string) => new CodedError(code, 409, text);

export const clientNotFound = () => notFound('clients.not_found');
export const credentialNotFound = () => notFound('clients.credential_not_found');
export const clientOfFile = () =>
  conflict('clients.of_file', 'The registry file says what this client is: only the operator changes it.');
export const clientKnown = () =>
  conflict('clients.known', 'This client is registered already. Change it instead.');
export const otherUse = () =>
  conflict('clients.other_use', 'Under this name a client was for the other use, and is for it for ever.');
export const purposesOfOtherUse = () =>
  conflict('clients.purposes_of_other_use', 'Some of these purposes are not for clients of this use.');
export const vouchesForNothing = () =>
  conflict('clients.vouches_for_nothing', 'The word of a client for health is taken for nothing.');
export const credentialKnown = () =>
  conflict('clients.credential_known', 'This credential is registered, or was once, and is never again.');
export const tooManyCredentials = () =>
  conflict('clients.too_many_credentials', 'Retire another credential first.');
export const credentialEndsEarlier = () =>
  conflict('clients.credential_ends_earlier', 'This credential is retired by then already.');
export const alreadySuspended = () => conflict('clients.suspended', 'This client is suspended already.');
export const notSuspended = () => conflict('clients.not_suspended', 'This client is not suspended.');
export const timeOutOfRange = () =>
  new CodedError('clients.time_out_of_range', 400, 'This moment is past, or more than 90 days away.');
