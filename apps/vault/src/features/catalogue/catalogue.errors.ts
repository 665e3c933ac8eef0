import { CodedError } from '@integument/contracts';

export const valueUnfit = () =>
  new CodedError(
    'catalogue.value_unfit',
    422,
    'This value does not have the form that its field is declared with.',
  );

export const tooFewTokens = () =>
  new CodedError(
    'catalogue.too_few_tokens',
    422,
    'A value of this length, with what its format keeps, has too few possible tokens.',
  );

export const noOtherToken = () =>
  new CodedError('catalogue.no_other_token', 422, 'There is no token of this format for this value.');

export const questionUnfit = () =>
  new CodedError('catalogue.question_unfit', 422, 'This question cannot be asked of a value of this kind.');
