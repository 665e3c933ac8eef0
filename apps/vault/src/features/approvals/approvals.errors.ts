import { CodedError, notFound } from '@integument/contracts';

export const approvalNotFound = () => notFound('approvals.not_found');
export const notAllowed = () =>
  new CodedError('approvals.not_allowed', 403, 'You may not ask for this operation.');
export const samePerson = () =>
  new CodedError('approvals.same_person', 403, 'Somebody else has to decide about this.');
export const alreadyDecided = () =>
  new CodedError('approvals.decided', 409, 'This was decided about already.');
export const notApproved = () =>
  new CodedError('approvals.not_approved', 409, 'Nobody has agreed to this yet.');
export const otherParameters = () =>
  new CodedError('approvals.other_parameters', 409, 'What was agreed to is something else.');
/** Used, refused, taken back, too late, or one of its two people has no longer the role for it. */
export const over = () => new CodedError('approvals.over', 409, 'This approval is not good any more.');
export const alreadyReviewed = () => new CodedError('approvals.reviewed', 409, 'This was reviewed already.');
export const reviewOverdue = () =>
  new CodedError(
    'approvals.review_overdue',
    409,
    'An earlier use of yours has waited for its review for more than 72 hours.',
  );
/** The API is told no more than no. */
export const notRedeemable = () =>
  new CodedError('approvals.not_redeemable', 409, 'This approval does not allow that.');
