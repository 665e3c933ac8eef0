import { element, facts, moment } from './elements.js';
import { OPERATIONS } from './operations.js';

export const REFUSALS = {
  not_justified: 'The reason does not justify it',
  wrong_parameters: 'The account, roles or subject are wrong',
  not_now: 'Not now',
};
export const OUTCOMES = { justified: 'It was justified', not_justified: 'It was not justified' };
/** Why somebody asks; a case number goes with it, and no name. */
export const REASONS = {
  legal: 'A duty of ours',
  'rights-request': 'A request about rights',
  'customer-request': 'A customer’s request',
  order: 'An order',
  safety: 'Safety',
};
const STATES = {
  requested: 'Waits for somebody to agree',
  approved: 'Agreed to: it can be carried out once',
  used: 'Carried out',
  refused: 'Refused',
  taken_back: 'Taken back',
  expired: 'Too late',
  void: 'Void: one of its two people has other roles now',
};

/** One approval, with what can be done about it. @param {Node[]} actions */
export function approvalItem(approval, actions) {
  const { title, describe } = OPERATIONS[approval.operation];
  return element(
    'li',
    { class: 'approval' },
    element('h3', {}, title),
    facts({ ...describe(approval.parameters), ...circumstances(approval) }),
    ...actions,
  );
}

function circumstances(approval) {
  const { reason, mine, requestedBy, requestedAt, decidedBy, state, refusal, expiresAt, review } = approval;
  const isOpen = state === 'requested' || state === 'approved';
  return {
    Reason: `${REASONS[reason.code] ?? 'An emergency'}, ${reason.reference}`,
    'Asked by': `${mine ? 'you' : requestedBy}, ${moment(requestedAt)}`,
    'Decided by': approval.breakGlass ? 'nobody else: an emergency' : decidedBy,
    State: refusal ? `${STATES[state]}: ${REFUSALS[refusal]}` : STATES[state],
    'Good until': isOpen ? moment(expiresAt) : undefined,
    Review: review ? `${OUTCOMES[review.outcome]}, ${review.reference}` : undefined,
  };
}
