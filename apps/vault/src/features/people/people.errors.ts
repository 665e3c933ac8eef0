import { CodedError, notFound, type SearchPart } from '@integument/contracts';
import { InvalidRequest } from '@integument/http';

export const personNotFound = () => notFound('people.not_found');

export const BROKEN = 'people.broken';

export const personBroken = (cause: unknown) =>
  new CodedError(BROKEN, 500, 'A value of this person, or the key that it lies under, doesn’t open.', {
    cause,
  });

export const accountTaken = (cause: unknown) =>
  new CodedError('people.account_taken', 409, 'This account already signs in as somebody else.', { cause });

/** @param parts names that the contract declares */
export const notSearchable = (parts: readonly SearchPart[]) =>
  new InvalidRequest(
    parts.map((part) => ({ path: `body.where.${part}`, rule: 'not_searchable' })),
    'people.not_searchable',
    'No declared index allows a search by these fields together.',
  );

export const searchNotReady = () =>
  new CodedError('people.search_not_ready', 503, 'The index for this search is not complete yet.', {
    headers: { 'retry-after': '60' },
  });
