import { CodedError, notFound } from '@integument/contracts';

export const guardianshipNotFound = () => notFound('guardianships.not_found');
export const ofThemselves = () =>
  new CodedError('guardianships.of_themselves', 422, 'Nobody is their own guardian.');
export const birthDateUnknown = () =>
  new CodedError(
    'guardianships.birth_date_unknown',
    422,
    'The child has no date of birth here: nobody could say when the guardianship ends.',
  );
export const ofAge = () =>
  new CodedError('guardianships.of_age', 409, 'They are old enough to agree by themselves, where they live.');
export const guardianUnderAge = () =>
  new CodedError('guardianships.guardian_under_age', 409, 'Who answers for a child is of full age.');
export const knownAlready = (cause: unknown) =>
  new CodedError('guardianships.known', 409, 'This guardianship is recorded already.', { cause });
export const tooMany = () =>
  new CodedError('guardianships.too_many', 409, 'They answer for as many children as anybody can.');
export const signInNotFresh = () =>
  new CodedError(
    'guardianships.sign_in_not_fresh',
    403,
    'Sign in again first: going on as a child’s guardian takes a sign-in of the last five minutes.',
  );

export const underAge = () =>
  new CodedError(
    'permits.under_age',
    403,
    'They are too young to agree by themselves: who answers for them has to.',
  );
export const notGuarded = () =>
  new CodedError('permits.not_guarded', 403, 'The guardianship is over, or is not for this purpose.');
