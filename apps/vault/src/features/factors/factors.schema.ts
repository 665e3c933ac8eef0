export const factorsSchemaSql = `
ALTER TABLE domain_key
  DROP CONSTRAINT domain_key_domain,
  ADD CONSTRAINT domain_key_domain
    CHECK (domain IN ('person', 'permit', 'index', 'session', 'model', 'evidence', 'factor'));

-- When this session last used a second factor. Staff without one get no further than to one.
ALTER TABLE vault_session
  ADD COLUMN factor_at timestamptz,
  ADD CONSTRAINT vault_session_factor_of_staff CHECK (factor_at IS NULL OR staff IS NOT NULL);
CREATE INDEX vault_session_of_staff ON vault_session (staff) WHERE staff IS NOT NULL;

CREATE TABLE factor (
  factor_id   bytea CONSTRAINT factor_pk PRIMARY KEY,
  account     bytea NOT NULL CONSTRAINT factor_account REFERENCES staff ON DELETE CASCADE,
  kind        text NOT NULL CONSTRAINT factor_kind CHECK (kind IN ('totp', 'passkey')),
  -- Of an authenticator app: its secret, sealed for this account and this row, and the last time step that was used.
  domain_key  smallint CONSTRAINT factor_domain_key REFERENCES domain_key,
  wrapped     bytea,
  last_step   bigint,
  -- Of a passkey. A public key signs nobody in.
  credential  bytea CONSTRAINT factor_credential UNIQUE,
  public_key  bytea,
  counter     bigint,
  enrolled_on date NOT NULL DEFAULT current_date,
  used_at     timestamptz NOT NULL,
  CONSTRAINT factor_of_its_kind CHECK (
    num_nonnulls(domain_key, wrapped, last_step) = CASE kind WHEN 'totp' THEN 3 ELSE 0 END
    AND num_nonnulls(credential, public_key, counter) = CASE kind WHEN 'passkey' THEN 3 ELSE 0 END
  )
);
CREATE INDEX factor_of_account ON factor (account);

-- A secret that was shown and has not given its first code yet. One for a session, and gone with it.
CREATE TABLE factor_enrolment (
  session    bytea CONSTRAINT factor_enrolment_pk PRIMARY KEY
    CONSTRAINT factor_enrolment_session REFERENCES vault_session ON DELETE CASCADE,
  factor_id  bytea NOT NULL,
  domain_key smallint NOT NULL CONSTRAINT factor_enrolment_domain_key REFERENCES domain_key,
  wrapped    bytea NOT NULL,
  expires_at timestamptz NOT NULL
);

-- What a passkey has to sign. Deleted by whoever answers it first, right or wrong.
CREATE TABLE factor_challenge (
  session    bytea NOT NULL CONSTRAINT factor_challenge_session REFERENCES vault_session ON DELETE CASCADE,
  purpose    text NOT NULL CONSTRAINT factor_challenge_purpose CHECK (purpose IN ('enrol', 'use')),
  challenge  bytea NOT NULL,
  expires_at timestamptz NOT NULL,
  CONSTRAINT factor_challenge_pk PRIMARY KEY (session, purpose)
);

CREATE TABLE recovery_code (
  -- A digest of account and code: 100 random bits need no slow hash.
  code    bytea CONSTRAINT recovery_code_pk PRIMARY KEY,
  account bytea NOT NULL CONSTRAINT recovery_code_account REFERENCES staff ON DELETE CASCADE
);
CREATE INDEX recovery_code_of_account ON recovery_code (account);

-- Guessed codes since the last right one, and when the next may be tried.
CREATE TABLE factor_attempts (
  account    bytea CONSTRAINT factor_attempts_pk PRIMARY KEY
    CONSTRAINT factor_attempts_account REFERENCES staff ON DELETE CASCADE,
  failures   integer NOT NULL CONSTRAINT factor_attempts_failures CHECK (failures > 0),
  wait_until timestamptz NOT NULL
);
`;
