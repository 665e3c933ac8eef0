import { CodedError, notFound } from '@integument/contracts';

export const personNotFound = () => notFound('people.not_found');

export const purposeNotAllowed = () =>
  new CodedError('people.purpose_not_allowed', 403, 'You may not reveal identity for this purpose.');

export const revealNotAllowed = () =>
  new CodedError('people.reveal_not_allowed', 403, 'No reveal policy allows you this.');

export const accountTaken = (cause: unknown) =>
  new CodedError('people.account_taken', 409, 'This account already signs in as somebody else.', { cause });
