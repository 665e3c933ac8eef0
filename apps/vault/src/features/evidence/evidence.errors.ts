import { CodedError, notFound } from '@integument/contracts';

export const openingNotFound = () => notFound('evidence.opening_not_found');
export const samePerson = () =>
  new CodedError('evidence.same_person', 403, 'Somebody else has to agree to this.');
export const notApproved = () =>
  new CodedError('evidence.not_approved', 409, 'Nobody has agreed to this yet.');
export const alreadyApproved = () =>
  new CodedError('evidence.already_approved', 409, 'This was agreed to already.');
export const evidenceGone = () =>
  new CodedError('evidence.gone', 410, 'Nobody can say any more whom this was about.');
