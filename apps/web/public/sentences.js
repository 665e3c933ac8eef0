const BEGIN_AGAIN = 'That took too long, or was done already. Begin again.';
const GONE = 'There is nothing here for you any more under this name. Reload the page.';
const OURS = 'Something went wrong on our side. Try again soon; if it stays, tell whoever runs this.';
const BUSY = 'This is away for a moment. Try again soon.';
const PAGE = 'The page and the service don’t understand each other. Reload the page.';

/** What each refusal means for whoever reads it here. The codes are those of the routes that the pages call. */
export const SENTENCES = {
  'auth.required': 'You are signed out. Reload the page to sign in again.',
  'auth.factor_required': 'Use your second factor first. Reload the page for that.',
  'auth.step_up_required': 'This takes a second factor that you have used just now.',
  'auth.forbidden': 'Your role does not allow this.',
  'auth.origin': 'This page may not do that.',
  'auth.unavailable': BUSY,
  'audit.unavailable': 'Nothing can be written into the audit log now, so nothing is done. Try again soon.',
  'sessions.unavailable': BUSY,
  'server.unavailable': BUSY,
  'server.error': OURS,
  'vault.unavailable': BUSY,
  'request.invalid': 'Something here is not written as it has to be. Look at the fields again.',
  'request.rate_limited': 'That was too often in a short time. Wait a minute.',
  'request.timeout': 'That took too long. Try again.',
  'request.unknown_id': GONE,
  'request.unknown_route': PAGE,
  'request.malformed': PAGE,
  'sessions.code_invalid': 'Going on from the vault to the API took too long. Reload the page.',
  'people.not_found': GONE,
  'people.broken': 'What is known of you can’t be read just now. Somebody has to look after it: tell us.',
  'consent.notice_not_current':
    'What you would agree to has changed meanwhile. Load the page again and read it.',
  'consent.superseded':
    'You have decided about this elsewhere at the same time. Reload the page to see how it stands.',
  'consent.not_given': 'This is not allowed now anyway. Reload the page to see how it stands.',
  'consent.objected': 'You have objected to this. If you want it after all, allow it yourself.',
  'consent.under_age': 'You are too young to allow this yourself. Whoever answers for you can.',
  'consent.not_guarded': 'You don’t answer for the child in this, or no longer. Reload the page.',
  'consent.child_said_no': 'The child has said no to this itself. You can’t allow it in its place.',
  'consent.other_ground': 'This needs no consent of yours: you can object to it. Reload the page.',
  'guardianships.not_found': GONE,
  'guardianships.sign_in_not_fresh': 'Sign in again first: it takes a sign-in of the last five minutes.',
  'sign_in.session_not_found': 'This session is over already. Reload the page.',

  'factors.sign_in_not_fresh': 'Sign in again first: a second factor is added within five minutes of it.',
  'factors.too_many': 'You have as many second factors as there can be. Remove one first.',
  'factors.not_begun': BEGIN_AGAIN,
  'factors.refused': 'This is not accepted. A code is good once and for half a minute: try the next.',
  'factors.wait': 'Too many wrong codes. Wait a while, or use a passkey or a recovery code.',
  'factors.known_passkey': 'This passkey is one of yours already.',
  'factors.not_found': GONE,
  'factors.last_factor':
    'This is your last second factor. To remove it, somebody else has to agree: ask under Approvals.',
  'factors.none': 'This account has no second factor that could be removed.',

  'approvals.not_found': GONE,
  'approvals.not_allowed': 'You may not ask for this.',
  'approvals.same_person': 'You asked for it, or it is about you: somebody else has to decide.',
  'approvals.decided': 'Somebody has decided about this already. Reload the page.',
  'approvals.not_approved': 'Nobody has agreed to this yet.',
  'approvals.other_parameters':
    'What was agreed to is something else: compare the request with what you want to do.',
  'approvals.over':
    'This is not good any more: it was used, refused, taken back or too late, or roles have changed.',
  'approvals.asked_already': 'You have asked for just this already: use that request, or take it back first.',
  'approvals.too_many': 'Twenty requests of yours are open. Take some back first.',
  'approvals.reviews_open': 'Three emergencies of yours have no review yet. Have one reviewed first.',
  'approvals.reviewed': 'Somebody has reviewed this already. Reload the page.',
  'approvals.review_overdue':
    'An earlier emergency of yours has waited for its review for more than 72 hours.',

  'staff.not_found': 'This account is not staff.',
  'staff.known': 'This account is staff already. Reload the page to change its roles instead.',
  'staff.of_file': 'The registry file says who this is: only the operator changes it.',
  'staff.own_roles': 'Nobody changes their own roles.',
  'staff.issuer_unknown': 'Staff may not come from this provider. Look at its address again.',
  'rules.not_found': 'There is no such version of the rules.',
  'rules.in_force': 'This version is in force already.',
  'rules.outdated': 'This version was written for an older release: draft it anew.',
  'rules.unavailable': BUSY,
  'evidence.gone': 'Nobody can say any more whom this was about.',
};

/** What a browser's own failures mean: of WebAuthn, and of a network that is gone. */
const FAILURES = {
  NotAllowedError: 'No passkey was used. Try again, or use something else.',
  InvalidStateError: 'This device holds a passkey of yours already.',
  NotSupportedError: 'This browser or device can’t do that. Use an authenticator app.',
  SecurityError: 'Passkeys don’t work at this address. Tell whoever runs this.',
  TypeError: 'There is no answer. Look whether you are connected, and try again.',
};

/** A sentence for whatever was thrown; empty for what somebody chose not to go on with. */
export function sentenceFor(error) {
  if (error?.name === 'AbortError') return '';
  return SENTENCES[error?.code] ?? FAILURES[error?.name] ?? OURS;
}
