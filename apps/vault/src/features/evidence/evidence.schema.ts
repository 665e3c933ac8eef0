export const evidenceSchemaSql = `
ALTER TABLE domain_key DROP CONSTRAINT domain_key_domain;
ALTER TABLE domain_key ADD CONSTRAINT domain_key_domain
  CHECK (domain IN ('person', 'permit', 'index', 'session', 'model', 'evidence'));

-- What the audit log says in place of a person. Computed once: the salt it was made with stands sealed beside the person's
-- key; only of people enrolled before this does it still stand in subject_salt.
ALTER TABLE person ADD COLUMN subject bytea;
UPDATE person SET subject = sha256(
  '\\x0300000018000000'::bytea || 'integument/commitment/v1'::bytea || '\\x10000000'::bytea || subject_salt
  || '\\x10000000'::bytea || person_id);
ALTER TABLE person ALTER COLUMN subject SET NOT NULL, ALTER COLUMN subject_salt DROP NOT NULL;

-- The same for a permit's pseudonym: what the data plane's log says in its place.
ALTER TABLE permit ADD COLUMN subject bytea;

-- Opens commitments of the audit logs: salt and id, sealed under a key of its own for each permit, and for each person from
-- their erasure on. Names nobody: it is found by the commitment alone.
CREATE TABLE evidence (
  subject     bytea CONSTRAINT evidence_pk PRIMARY KEY CONSTRAINT evidence_subject CHECK (octet_length(subject) = 32),
  kind        text NOT NULL CONSTRAINT evidence_kind CHECK (kind IN ('person', 'permit')),
  purpose     text,
  domain_key  smallint NOT NULL CONSTRAINT evidence_domain_key REFERENCES domain_key,
  wrapped_key bytea NOT NULL,
  sealed      bytea NOT NULL,
  -- Set when permit or person is destroyed; after this day nobody can open the commitment.
  until       date
);
CREATE INDEX evidence_until ON evidence (until) WHERE until IS NOT NULL;

-- Two people open a commitment: one asks, another one agrees.
CREATE TABLE evidence_opening (
  opening_id       bytea CONSTRAINT evidence_opening_pk PRIMARY KEY,
  subject          bytea NOT NULL,
  requested_by     text NOT NULL,
  reason_code      text NOT NULL,
  reason_reference text NOT NULL,
  approved_by      text,
  opened           boolean NOT NULL DEFAULT false,
  expires_at       timestamptz NOT NULL,
  CONSTRAINT evidence_opening_two_people CHECK (approved_by <> requested_by),
  CONSTRAINT evidence_opening_approved_first CHECK (NOT opened OR approved_by IS NOT NULL)
);
CREATE INDEX evidence_opening_expires ON evidence_opening (expires_at);
`;
