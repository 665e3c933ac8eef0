import { CodedError } from '@integument/contracts';

/** It was there when the request was let in. */
export const sessionGone = () =>
  new CodedError('auth.required', 401, 'This session has ended. Sign in again.');
