export const signInSchemaSql = `
CREATE TABLE vault_session (
  -- SHA-256 of the cookie's secret: a dump of this table signs nobody in.
  session          bytea CONSTRAINT vault_session_pk PRIMARY KEY,
  person_id        bytea CONSTRAINT vault_session_person REFERENCES person ON DELETE CASCADE,
  staff            bytea CONSTRAINT vault_session_staff REFERENCES staff ON DELETE CASCADE,
  acr              text NOT NULL,
  authenticated_at timestamptz NOT NULL,
  expires_at       timestamptz NOT NULL,
  CONSTRAINT vault_session_one_kind CHECK ((person_id IS NULL) <> (staff IS NULL))
);
CREATE INDEX vault_session_person_id ON vault_session (person_id);

CREATE TABLE sign_in_code (
  code       bytea CONSTRAINT sign_in_code_pk PRIMARY KEY,
  session    bytea NOT NULL CONSTRAINT sign_in_code_session REFERENCES vault_session ON DELETE CASCADE,
  expires_at timestamptz NOT NULL
);

-- A session of the data plane. Only here is it known whose it is.
CREATE TABLE api_session (
  session    bytea CONSTRAINT api_session_pk PRIMARY KEY,
  person_id  bytea CONSTRAINT api_session_person REFERENCES person ON DELETE CASCADE,
  expires_at timestamptz NOT NULL
);
CREATE INDEX api_session_person_id ON api_session (person_id);
`;
