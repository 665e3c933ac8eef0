import { CodedError, notFound } from '@integument/contracts';

export const signInNotFresh = () =>
  new CodedError(
    'factors.sign_in_not_fresh',
    403,
    'Sign in again first: a second factor is enrolled within five minutes of it.',
  );
export const tooMany = () =>
  new CodedError('factors.too_many', 409, 'Remove a second factor before enrolling another.');
export const notBegun = () =>
  new CodedError(
    'factors.not_begun',
    409,
    'This was not begun in this session, or too long ago, or is done.',
  );
/** The same for wrong, spent, late, foreign and never given. */
export const refused = () =>
  new CodedError('factors.refused', 403, 'This is not accepted as a second factor.');
export const knownPasskey = () =>
  new CodedError('factors.known_passkey', 409, 'This passkey is enrolled already.');
export const factorNotFound = () => notFound('factors.not_found');
/** An account without any is one that a password alone gets into: that takes a second person. */
export const lastFactor = () =>
  new CodedError(
    'factors.last_factor',
    409,
    'This is the last second factor. To remove it, somebody else has to agree.',
  );
export const noFactors = () =>
  new CodedError('factors.none', 409, 'This account has no second factor that could be removed.');
export const wait = (seconds: number) =>
  new CodedError('factors.wait', 429, 'Too many wrong codes. Wait, or use a passkey or a recovery code.', {
    headers: { 'retry-after': String(seconds) },
  });
