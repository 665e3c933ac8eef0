export const peopleSchemaSql = `
CREATE TABLE person (
  person_id    bytea CONSTRAINT person_pk PRIMARY KEY CONSTRAINT person_id_length CHECK (octet_length(person_id) = 16),
  domain_key   smallint NOT NULL CONSTRAINT person_domain_key REFERENCES domain_key,
  wrapped_key  bytea NOT NULL,
  -- Opens the audit log's commitments to this person; goes with the row.
  subject_salt bytea NOT NULL,
  enrolled_on  date NOT NULL DEFAULT current_date,
  -- From the moment an erasure is asked for nothing else is done with the person.
  erasing      boolean NOT NULL DEFAULT false
);

CREATE TABLE identity_value (
  person_id bytea NOT NULL CONSTRAINT identity_value_person REFERENCES person ON DELETE CASCADE,
  field     text NOT NULL,
  sealed    bytea NOT NULL,
  -- Blind index of the normalised value, for fields declared searchable.
  digest    bytea,
  CONSTRAINT identity_value_pk PRIMARY KEY (person_id, field)
);
CREATE INDEX identity_value_digest ON identity_value (field, digest) WHERE digest IS NOT NULL;

CREATE TABLE client_pseudonym (
  pseudonym bytea CONSTRAINT client_pseudonym_pk PRIMARY KEY,
  client_id text NOT NULL,
  person_id bytea NOT NULL CONSTRAINT client_pseudonym_person REFERENCES person ON DELETE CASCADE,
  CONSTRAINT client_pseudonym_once UNIQUE (person_id, client_id)
);

-- An account at an OpenID provider: only a keyed digest of issuer and subject is kept.
CREATE TABLE account (
  account   bytea CONSTRAINT account_pk PRIMARY KEY,
  person_id bytea NOT NULL CONSTRAINT account_person REFERENCES person ON DELETE CASCADE
);
CREATE INDEX account_person_id ON account (person_id);
`;

export const indexVersionsSql = `
-- Which version of the index key made the digest, so that a rotation finds the rows that it has to make anew. No foreign key:
-- it would cost a look-up a row, and a key is destroyed by what whole scans have shown to be unused.
ALTER TABLE identity_value ADD COLUMN index_key smallint;
UPDATE identity_value SET index_key = (SELECT key_id FROM domain_key WHERE domain = 'index' AND state = 'current')
  WHERE digest IS NOT NULL;
ALTER TABLE account
  ADD COLUMN index_key smallint,
  -- Issuer and subject under the person's own key: what the digest is made anew from. Null for those from before, until they
  -- sign in again.
  ADD COLUMN sealed bytea;
UPDATE account SET index_key = (SELECT key_id FROM domain_key WHERE domain = 'index' AND state = 'current');
`;

export const undeliverableSql = `
-- Digest of the email that a letter came back from, under the person's own key: it says nothing to anybody else, needs no rotation,
-- and a new email isn't it.
ALTER TABLE person ADD COLUMN undeliverable bytea;
`;
