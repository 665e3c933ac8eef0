export const tokensSchemaSql = `
ALTER TABLE domain_key
  DROP CONSTRAINT domain_key_domain,
  ADD CONSTRAINT domain_key_domain
    CHECK (domain IN ('person', 'permit', 'index', 'session', 'model', 'evidence', 'factor', 'token', 'format'));

-- Each process takes numbers from here and makes 65,536 tokens under each: new tokens stand beside each other in the
-- primary key, which stays as fast at ten million rows as at none.
CREATE SEQUENCE token_segment AS bigint MINVALUE 1 MAXVALUE 1099511627775;

CREATE TABLE token (
  -- Segment (5 bytes, big-endian) and 16 random ones.
  token      bytea CONSTRAINT token_pk PRIMARY KEY CONSTRAINT token_length CHECK (octet_length(token) = 21),
  field      text NOT NULL,
  -- Who shares it: a client, or a domain of several that the catalogue declares.
  domain     text NOT NULL,
  -- Whose value it is, if somebody's: then it lies under their key, and goes with them.
  person_id  bytea CONSTRAINT token_person REFERENCES person ON DELETE CASCADE,
  -- Otherwise which key it lies under. No foreign key: it would cost a look-up a row, and keys are destroyed by what a
  -- whole scan has shown to be unused.
  domain_key smallint,
  sealed     bytea NOT NULL,
  -- Of a token that is the same for the same value: the value's blind index, and which version of the index key made it.
  digest     bytea,
  index_key  smallint,
  -- Of a token that keeps its value's format: what stands for it.
  format     text,
  expires_at timestamptz,
  uses_left  integer CONSTRAINT token_uses CHECK (uses_left > 0),
  created_on date NOT NULL DEFAULT current_date,
  CONSTRAINT token_under_one_key CHECK ((person_id IS NULL) <> (domain_key IS NULL)),
  CONSTRAINT token_digest_of_a_key CHECK ((digest IS NULL) = (index_key IS NULL))
);
-- Two people with the same value have two tokens: one's erasure leaves the other's.
CREATE UNIQUE INDEX token_same ON token (domain, field, digest, person_id) NULLS NOT DISTINCT WHERE digest IS NOT NULL;
CREATE UNIQUE INDEX token_format ON token (domain, field, format) WHERE format IS NOT NULL;
CREATE INDEX token_of_person ON token (person_id) WHERE person_id IS NOT NULL;
CREATE INDEX token_expiry ON token (expires_at) WHERE expires_at IS NOT NULL;
`;

/** The alerts that watch who is told values watch this way too. Those that an officer has changed are theirs. */
export const alertsOnTokensSql = `
UPDATE audit_alert_rule
SET definition = jsonb_set(definition, '{match,actions}', '["people.reveal", "tokens.reveal"]')
WHERE id IN ('many-reveals', 'off-hours-reveals', 'new-revealer')
  AND definition #> '{match,actions}' = '["people.reveal"]';
`;

/**
 * Who makes tokens of values that they send must not learn by them whether a person's stored value is one of those: what both have in
 * common would be an answer that nobody decided about.
 */
export const storedValuesApartSql = `
ALTER TABLE token ADD COLUMN of_stored boolean NOT NULL DEFAULT false
  CONSTRAINT token_of_stored CHECK (NOT of_stored OR (person_id IS NOT NULL AND digest IS NOT NULL));
`;
