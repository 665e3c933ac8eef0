export const keysSchemaSql = `
-- Keys that wrap the keys of people and permits, and the key of the blind indexes. Each is itself wrapped by the keyring.
CREATE TABLE domain_key (
  key_id     smallint GENERATED ALWAYS AS IDENTITY CONSTRAINT domain_key_pk PRIMARY KEY,
  domain     text NOT NULL CONSTRAINT domain_key_domain CHECK (domain IN ('person', 'permit', 'index', 'session', 'model')),
  version    integer NOT NULL,
  wrapped    bytea NOT NULL,
  created_on date NOT NULL DEFAULT current_date,
  CONSTRAINT domain_key_version UNIQUE (domain, version)
);
`;
