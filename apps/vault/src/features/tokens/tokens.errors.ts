import { CodedError, notFound } from '@integument/contracts';

export const fieldUnknown = () =>
  new CodedError('tokens.field_unknown', 400, 'The catalogue has no field of this name.');

export const domainUnknown = () =>
  new CodedError('tokens.domain_unknown', 400, 'You share no domain of this name.');

export const typeNotAllowed = () =>
  new CodedError('tokens.type_not_allowed', 400, 'Values of this field can have no token of this type.');

export const endPast = () =>
  new CodedError('tokens.end_past', 400, 'A token that ends at this time would stand for nothing already.');

export const formatExhausted = () =>
  new CodedError('tokens.format_exhausted', 409, 'Too few tokens of this format are left.');

export const malformed = () =>
  new CodedError('tokens.malformed', 400, 'This is no token: a character of it is wrong, or missing.');

export const BROKEN = 'tokens.broken';

/** Of one entry of many it is the answer: nothing is wrong with the others. */
export const tokenBroken = (cause: unknown) =>
  new CodedError(BROKEN, 500, 'The value of this token, or the key that it lies under, doesn’t open.', {
    cause,
  });

export const tokenNotFound = () => notFound('tokens.not_found');

export const VALUE_UNKNOWN = 'tokens.value_unknown';

export const valueUnknown = () =>
  new CodedError(VALUE_UNKNOWN, 404, 'Nothing of this is known of the person.');
