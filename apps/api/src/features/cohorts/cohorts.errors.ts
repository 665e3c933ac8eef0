import { CodedError } from '@integument/contracts';

/** Its entry says what was asked. */
export const cohortTooSmall = () =>
  new CodedError('cohorts.too_small', 422, 'There are too few of them to say anything.', { recorded: true });
export const cohortBudgetSpent = () =>
  new CodedError('cohorts.budget_spent', 429, 'No more questions are answered today.');
