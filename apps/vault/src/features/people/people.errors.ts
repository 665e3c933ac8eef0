import { CodedError, notFound } from '@integument/contracts';

export const personNotFound = () => notFound('people.not_found');

export const accountTaken = (cause: unknown) =>
  new CodedError('people.account_taken', 409, 'This account already signs in as somebody else.', { cause });
