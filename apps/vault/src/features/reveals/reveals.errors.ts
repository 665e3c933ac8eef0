import { CodedError } from '@integument/contracts';

export const purposeNotAllowed = () =>
  new CodedError('people.purpose_not_allowed', 403, 'You may not reveal identity for this purpose.');

export const revealNotAllowed = () =>
  new CodedError('people.reveal_not_allowed', 403, 'No reveal policy allows you this.');
