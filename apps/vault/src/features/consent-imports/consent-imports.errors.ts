import { CodedError, notFound } from '@integument/contracts';

export const importNotFound = () => notFound('consent_imports.not_found');

export const recordBroken = (cause: unknown) =>
  new CodedError('people.broken', 500, 'The key of this person doesn’t open.', { cause });
