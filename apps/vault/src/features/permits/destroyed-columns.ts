/** What an `UPDATE` of `permit` sets so that nothing of the permit stays but the fact that its gate is spent; its epoch moves beside. */
export const DESTROYED = `state = 'destroyed', pseudonym = NULL, person_id = NULL, purpose = NULL, domain_key = NULL,
  wrapped_key = NULL, subject = NULL, guardianship = NULL, consent_ends = false`;
