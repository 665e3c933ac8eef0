import { CodedError, notFound } from '@integument/contracts';

export const rulesNotFound = () => notFound('rules.not_found');
export const rulesInForce = () => new CodedError('rules.in_force', 409, 'This version is in force already.');
export const rulesOutdated = () =>
  new CodedError(
    'rules.outdated',
    409,
    'This version has rules that this release does not know. Draft it anew.',
  );
