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
export const askedAlready = () =>
  new CodedError(
    'approvals.asked_already',
    409,
    'You have asked for just this already. Use that request, or take it back first.',
  );
export const tooManyOpen = () =>
  new CodedError('approvals.too_many', 409, 'Too many of your requests are open. Take some back first.');
export const reviewsOpen = () =>
  new CodedError(
    'approvals.reviews_open',
    409,
    'Three uses of yours have no review yet. Have one closed first.',
  );
/** The API is told no more than no. */
export const notRedeemable = () =>
  new CodedError('approvals.not_redeemable', 409, 'This approval does not allow that.');
