/** Routes that ask nobody who they are, each with the reason why none can be asked for. Another one is a decision, to be made here. */
export const PUBLIC_ROUTES: Readonly<Record<string, string>> = {
  'audit.checkpoint': 'a witness or a newcomer checks the log without an account; it says a size and a hash',
  'audit.tlog_checkpoint': 'the same, in the form that clients of C2SP tlog-tiles ask for',
  'consent.purposes': 'one reads what data is used for before one has an account; it holds no data',
  'register.current_notices': 'one reads what one would agree to before one has an account; it holds no data',
  'register.notice': 'who holds a receipt checks what it was about, also when they have no account any more',
  'consent.receipt_keys': 'who holds a receipt checks it; it holds public keys',
  'erasure.read': 'who was erased has no account any more; the claim is the credential',
  'sessions.open': 'begins the session; the one-time code is the credential',
  'sign_in.providers':
    'one chooses where to sign in before one has; it holds the names that the operator gave',
  'sign_in.start': 'begins the sign-in; sends on to the provider and does nothing else',
  'sign_in.finish': 'ends the sign-in; the provider’s code with the cookie of the attempt are the credential',
  'sign_in.back_channel_logout': 'the provider calls it; the signed logout token is the credential, once',
  'sign_in.finish_at': 'the same for another provider than the first',
};
