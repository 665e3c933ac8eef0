/** What an `UPDATE` of `permit` sets so that nothing is left of what was minted for it. */
export const NOTHING_MINTED = `pseudonym = NULL, domain_key = NULL, wrapped_key = NULL, subject = NULL, guardianship = NULL,
  consent_ends = false`;

/** The same, so that nothing of the permit stays but the fact that its gate is spent; its epoch moves beside. */
export const DESTROYED = `state = 'destroyed', person_id = NULL, purpose = NULL, ${NOTHING_MINTED}`;
