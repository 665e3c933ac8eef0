import { CodedError, HOLD_DAYS_MOST, notFound } from '@integument/contracts';

export const holdNotFound = () => notFound('holds.not_found');
export const tooLate = () =>
  new CodedError('holds.too_late', 409, 'Its erasure has begun: it can’t be kept any more.');
export const dayOutOfRange = () =>
  new CodedError(
    'holds.day_out_of_range',
    422,
    `The day is one from today on, and at most ${HOLD_DAYS_MOST} days ahead.`,
  );
