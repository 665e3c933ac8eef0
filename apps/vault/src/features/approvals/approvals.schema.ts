export const approvalsSchemaSql = `
-- What one person asks for and another one agrees to, for every operation that takes two. Names staff by the digests of their
-- accounts and by no key of the staff table: what somebody did, and has to answer for, stays when they are dismissed.
CREATE TABLE approval (
  approval_id      bytea CONSTRAINT approval_pk PRIMARY KEY,
  operation        text NOT NULL,
  -- Ids, commitments, names of roles; never a personal value. The digest is over operation and parameters.
  parameters       jsonb NOT NULL,
  digest           bytea NOT NULL CONSTRAINT approval_digest CHECK (octet_length(digest) = 32),
  -- The member of staff it is about, where it is about one.
  account          bytea,
  requested_by     bytea NOT NULL,
  requested_at     timestamptz NOT NULL,
  reason_code      text NOT NULL,
  reason_reference text NOT NULL,
  state            text NOT NULL
    CONSTRAINT approval_state CHECK (state IN ('requested', 'approved', 'refused', 'taken_back')),
  decided_by       bytea,
  decided_at       timestamptz,
  refusal          text,
  expires_at       timestamptz NOT NULL,
  used_at          timestamptz,
  break_glass      boolean NOT NULL DEFAULT false,
  reviewed_by      bytea,
  reviewed_at      timestamptz,
  review_outcome   text CONSTRAINT approval_review_outcome CHECK (review_outcome IN ('justified', 'not_justified')),
  review_reference text,
  CONSTRAINT approval_two_people CHECK (decided_by <> requested_by),
  CONSTRAINT approval_not_about_oneself CHECK (decided_by <> account),
  -- Without a second person there is only what was asked for as an emergency.
  CONSTRAINT approval_decided CHECK (CASE state
    WHEN 'requested' THEN decided_by IS NULL AND NOT break_glass
    WHEN 'approved' THEN (decided_by IS NULL) = break_glass
    WHEN 'refused' THEN decided_by IS NOT NULL AND NOT break_glass
    ELSE NOT break_glass END),
  CONSTRAINT approval_decided_at CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
  CONSTRAINT approval_refusal CHECK ((state = 'refused') = (refusal IS NOT NULL)),
  CONSTRAINT approval_used_agreed CHECK (used_at IS NULL OR state = 'approved'),
  CONSTRAINT approval_reviewed CHECK (
    num_nonnulls(reviewed_by, reviewed_at, review_outcome, review_reference) IN (0, 4)
    AND (break_glass OR reviewed_by IS NULL)),
  CONSTRAINT approval_reviewed_by_another CHECK (reviewed_by <> requested_by)
);
CREATE INDEX approval_waiting ON approval (expires_at) WHERE state = 'requested';
CREATE INDEX approval_of_requester ON approval (requested_by, requested_at);
CREATE INDEX approval_to_review ON approval (requested_at) WHERE break_glass AND reviewed_by IS NULL;

-- Whose a session of the data plane is, now for staff, too: an approval is redeemed in a session of who asked for it.
ALTER TABLE api_session
  ADD COLUMN staff bytea CONSTRAINT api_session_staff REFERENCES staff ON DELETE CASCADE,
  ADD CONSTRAINT api_session_one_kind CHECK (person_id IS NULL OR staff IS NULL);
CREATE INDEX api_session_of_staff ON api_session (staff) WHERE staff IS NOT NULL;

-- Its two people are an approval like any other. What was asked for in its last day is asked for again.
DROP TABLE evidence_opening;
`;

export const approvalsOvertakenSql = `
-- What it is about has changed since it was asked for, by another approval or by who may do that alone.
ALTER TABLE approval ADD COLUMN overtaken_at timestamptz;
`;

export const approvalsByOneClockSql = `
-- The moment itself, not that at which its transaction began: what the same account asked for just before counts no more.
ALTER TABLE staff ALTER COLUMN since SET DEFAULT clock_timestamp();
`;
